package lib.host;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lib.http.Fields;
import lib.http.MediaTypes;
import lib.http.Request;
import lib.site.Credentials;
import lib.site.Docroot;
import lib.site.DocumentCache;
import lib.site.Gateway;
import lib.site.Guard;
import lib.site.Programs;
import lib.site.Site;
import lib.site.Sites;
import lib.site.Tree;
import lib.site.Turns;
import lib.site.Walks;
import lib.site.ZipTree;
import lib.wire.Limits;

/// What holds for the next request: sites, limits, logs? A value, so that a reload exchanges all of it at once.
///
/// @param server the Server field; empty for none
/// @param whenHandedOver is run each time that a client has got a file whole, or has brought one
/// @param log of the sites that have none of their own
/// @param logs of those that have
/// @param tls for connections that begin now; empty for plain HTTP
/// @param fields of every response that goes out under TLS
/// @param turns what goes wrong on purpose; empty for nothing
/// @param gateways to the programs of all sites
/// @param witness sees every answer, if somebody wants to know
/// @param cache of the documents of all sites
public record Service(Sites sites, String server, Limits limits, Runnable whenHandedOver, AccessLog log, Map<Site, AccessLog> logs,
                      Optional<Tls> tls, Fields fields, Optional<Turns> turns, List<Gateway> gateways, Optional<Witness> witness,
                      DocumentCache cache) {

    public Service {
        logs = Map.copyOf(logs);
        gateways = List.copyOf(gateways);
    }

    /// The service that these settings describe.
    ///
    /// @param open the logs that they want
    /// @param errors hears what goes wrong with a site later
    /// @param whenHandedOver see above
    /// @param tls what they want of it
    /// @param witness what they want of that
    /// @throws Fault if a document base is gone since the settings were checked
    public static Service of(Settings settings, Logs open, ErrorLog errors, Runnable whenHandedOver, Optional<Tls> tls,
                             Optional<Witness> witness) throws Fault {
        MediaTypes mediaTypes = new MediaTypes(settings.mediaTypes());
        int mostRanges = settings.limits().ranges();
        Walks walks = new Walks(settings.limits().archives());
        DocumentCache cache = new DocumentCache(settings.cacheOctets(), settings.cacheFiles());
        List<Sites.Named> named = new ArrayList<>();
        Map<Site, AccessLog> logs = new HashMap<>();
        Optional<Gateways> gateways = settings.hasPrograms() ? Optional.of(new Gateways(settings, errors)) : Optional.empty();
        for (Settings.HostSettings host : settings.hosts()) {
            Site site = site(host.site(), host.site().docbase(), guard(host.site().admission(), errors), mediaTypes, mostRanges,
                    programs(gateways, host.site()), cache, walks);
            host.names().forEach(name -> named.add(new Sites.Named(name, site)));
            host.logfile().ifPresent(path -> logs.put(site, open.in(path)));
        }

        Settings.SiteSettings main = settings.site();
        Guard guard = guard(main.admission(), errors);
        Programs programs = programs(gateways, main);
        Site site = site(main, main.docbase(), guard, mediaTypes, mostRanges, programs, cache, walks);
        Optional<Sites.Directories> directories = Optional.empty();
        if (settings.virtualHosts()) {
            Docroot base = docroot(main, main.docbase(), Programs.NONE, cache);
            directories = Optional.of(new Sites.Directories(base, settings.defaultHost(), directory ->
                    new Site(base.below(directory, programs), main.manners(), guard, mediaTypes, mostRanges, programs, walks)));
        }
        return new Service(new Sites(site, named, directories, settings.mount()), settings.server(), settings.limits(),
                whenHandedOver, open.main(), logs, tls,
                tls.isPresent() ? strictTransport(settings) : Fields.NONE,
                settings.rules().isPresent() ? Optional.of(new Turns(settings.rules().get())) : Optional.empty(),
                gateways.isPresent() ? gateways.get().all : List.of(), witness, cache);
    }

    /// RFC 6797 §6.1
    private static Fields strictTransport(Settings settings) {
        return settings.tls().flatMap(Settings.TlsSettings::hsts)
                .map(time -> Fields.of("Strict-Transport-Security", "max-age=" + time.toSeconds())).orElse(Fields.NONE);
    }

    /// The main site as it is seen before the root is changed, without a log: to try everything once.
    ///
    /// @throws Fault if its document base is gone
    public static Service outside(Settings settings) throws Fault {
        Site site = site(settings.site(), settings.site().outside(), Guard.NONE, new MediaTypes(settings.mediaTypes()),
                settings.limits().ranges(), settings.site().programs().isEmpty() ? Programs.NONE : Gateways.shut(settings.site()),
                DocumentCache.NONE, new Walks(1));
        return new Service(new Sites(site, List.of(), Optional.empty(), Optional.empty()), settings.server(), settings.limits(),
                () -> { }, AccessLog.none(), Map.of(), Optional.empty(), Fields.NONE, Optional.empty(), List.of(),
                Optional.empty(), DocumentCache.NONE);
    }

    private static Programs programs(Optional<Gateways> gateways, Settings.SiteSettings site) {
        return gateways.isPresent() ? gateways.get().programs(site) : Programs.NONE;
    }

    private static Guard guard(Settings.Admission admission, ErrorLog errors) {
        if (!admission.access().hasUsers()) {
            return new Guard(Optional.empty(), admission.access());
        }
        Credentials credentials = admission.file().isEmpty() ? new Credentials(admission.users(), admission.longestWait())
                : new Credentials(admission.file().get(), admission.ofFile(), admission.users(), admission.longestWait(),
                        errors::warning);
        return new Guard(Optional.of(credentials), admission.access());
    }

    private static Site site(Settings.SiteSettings settings, Path docbase, Guard guard, MediaTypes mediaTypes, int mostRanges,
                             Programs programs, DocumentCache cache, Walks walks) throws Fault {
        return new Site(tree(settings, docbase, programs, cache), settings.manners(), guard, mediaTypes, mostRanges, programs, walks);
    }

    private static Tree tree(Settings.SiteSettings settings, Path docbase, Programs programs, DocumentCache cache)
            throws Fault {
        try {
            return ZipTree.serves(docbase) ? new ZipTree(docbase, settings.visibility())
                    : docroot(settings, docbase, programs, cache);
        } catch (IOException _) {
            throw new Fault(Fault.CANNOT_START, "'" + docbase + "' can't be read as a zip; serve the directory that it lies in.");
        }
    }

    private static Docroot docroot(Settings.SiteSettings settings, Path docbase, Programs programs, DocumentCache cache)
            throws Fault {
        try {
            return new Docroot(docbase, settings.visibility(), settings.followsLinks(), programs, cache);
        } catch (IOException _) {
            throw new Fault(Fault.CANNOT_START, "'" + docbase + "' is gone; name a directory that stays.");
        }
    }

    /// Where the line of this request goes.
    AccessLog logOf(Request request) {
        return logs.isEmpty() ? log : sites.of(request).map(site -> logs.getOrDefault(site, log)).orElse(log);
    }
}
