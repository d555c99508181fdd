package lib.site;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import lib.http.Answer;
import lib.http.Authority;
import lib.http.Client;
import lib.http.Exchange;
import lib.http.Request;
import lib.http.Response;
import lib.http.Status;
import lib.http.Target;

/// Which site does a request mean? By the name of the host, without its port. (RFC 9110 §7.2 and §7.4)
///
/// First the names that the configuration spells out, then its wildcards, the longest first; then the directories of the
/// document base, if these are hosts; then the site for everybody else.
public final class Sites {

    /// A host, or with `*.` in front every host below it, and its site.
    public record Named(String name, Site site) {}

    /// Directories that are hosts.
    ///
    /// @param base holds them
    /// @param defaultHost the directory for all other names
    /// @param site makes the site of a directory
    public record Directories(Docroot base, Optional<String> defaultHost, Function<Resource.Directory, Site> site) {}

    private final Site main;
    private final Map<String, Site> named = new HashMap<>();
    private final List<Named> wildcards = new ArrayList<>();
    private final Optional<Directories> directories;

    /// A segment that all targets begin with, if there is one.
    private final Optional<String> mount;

    /// Sites of directories that were asked for. There are never more than directories.
    private final Map<Resource.Directory, Site> known = new ConcurrentHashMap<>();

    /// @param main the site of all hosts that nothing is said of, if `directories` is empty; else only its manners count
    /// @param names lower-case
    /// @param mount the first segment of all targets that lead anywhere; empty for none
    public Sites(Site main, List<Named> names, Optional<Directories> directories, Optional<String> mount) {
        this.main = main;
        this.directories = directories;
        this.mount = mount;
        for (Named host : names) {
            if (host.name.startsWith("*.")) {
                wildcards.add(host);
            } else {
                named.put(host.name, host.site);
            }
        }
        if (wildcards.size() > 1) {
            wildcards.sort((a, b) -> b.name.length() - a.name.length());
        }
    }

    /// The site that this request means; empty if its host is none of ours.
    public Optional<Site> of(Request request) {
        if (named.isEmpty() && wildcards.isEmpty() && directories.isEmpty()) {
            return Optional.of(main);
        }

        String host = request.authority().map(Authority::host).map(Sites::withoutRootDot).orElse("");
        if (named.containsKey(host)) {
            return Optional.of(named.get(host));
        }
        for (Named wildcard : wildcards) {
            if (host.endsWith(wildcard.name.substring(1))) {
                return Optional.of(wildcard.site);
            }
        }
        return directories.isEmpty() ? Optional.of(main)
                : directory(host).or(() -> directories.get().defaultHost.flatMap(this::directory));
    }

    /// `example.com.` is `example.com`, seen from the root of the domain name system.
    private static String withoutRootDot(String host) {
        return host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
    }

    /// The docroot's own rules keep a host from naming anything but a visible directory of the base.
    private Optional<Site> directory(String host) {
        if (host.isEmpty()) {
            return Optional.empty();
        }
        return switch (directories.get().base.resolve(List.of(host))) {
            case Resource.Directory directory -> Optional.of(known.computeIfAbsent(directory, directories.get().site));
            case Resource.Document document -> {
                document.file().close();
                yield Optional.empty();
            }
            case Resource.Missing _, Resource.Forbidden _, Resource.Script _, Resource.Unavailable _ -> Optional.empty();
        };
    }

    /// The answer to a well-formed request. A host that is not ours is 404; where the client has taken us for a proxy to
    /// it, by an absolute-form, 421 tells it so (RFC 9110 §15.5.20).
    ///
    /// @throws IOException if the request's content can't be read
    public Answer answer(Request request, Exchange exchange, Instant now) throws IOException {
        Optional<Site> site = of(request);
        Optional<Request> mounted = mounted(request);
        if (mounted.isEmpty()) {
            return Answer.of(main.refuse(Status.NOT_FOUND));
        }
        if (site.isPresent()) {
            return site.get().answer(mounted.get(), exchange, now);
        }
        boolean absolute = request.target() instanceof Target.Place place && place.authority().isPresent();
        return Answer.of(main.refuse(absolute ? Status.MISDIRECTED_REQUEST : Status.NOT_FOUND));
    }

    /// The same if it can be had without waiting; else null, and nothing has happened.
    public Glance<Response> atOnce(Request request, Client client, Instant now) {
        Optional<Site> site = directories.isEmpty() && mount.isEmpty() ? of(request) : Optional.empty();
        return site.isPresent() ? site.get().atOnce(request, client, now) : null;
    }

    private Optional<Request> mounted(Request request) {
        if (mount.isEmpty()) {
            return Optional.of(request);
        }
        return request.target() instanceof Target.Place place ? place.below(mount.get()).map(request::to) : Optional.empty();
    }

    /// Can any of them be changed by clients?
    public boolean areWritten() {
        return main.isWritten() || named.values().stream().anyMatch(Site::isWritten)
                || wildcards.stream().anyMatch(host -> host.site.isWritten());
    }

    /// Has every site clear away what broken uploads have left.
    public void sweep(Instant now) {
        main.sweep(now);
        for (Site site : named.values()) {
            site.sweep(now);
        }
        for (Named host : wildcards) {
            host.site.sweep(now);
        }
    }

    /// An answer that comes from elsewhere, with the fields that every response of the site has which the request means.
    public Response dressed(Request request, Response response) {
        return of(request).orElse(main).dressed(response);
    }

    /// A refusal of what is no request, with the fields that every response has.
    public Response refuse(Status status) {
        return main.refuse(status);
    }
}
