package lib.site;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import lib.http.Exchange;
import lib.http.Request;
import lib.http.Target;

/// Which program does a request mean, if it means one? (RFC 3875 §3.2 and §3.3)
///
///     /cgi-bin/list/a/b     the file /cgi-bin/list, and /a/b for it to read
///     /git/project.git      the one program for all of /git, and /project.git
///     /                     an index file that is a program
///     /no/such/page         the index file of the root, where an application routes by itself
///
/// @param spa does the root's index file stand for pages that are missing?
record Calls(Docroot tree, Programs programs, List<String> indexNames, boolean spa) {

    /// A program, and what it is to do.
    ///
    /// @param script the segments that rules of access know it by: a file its own, one program for many paths the target's
    record Call(Gateway gateway, Errand errand, List<String> script) {}

    /// @param page is it a page that is asked for, rather than a part of one?
    Optional<Call> find(Request request, Exchange exchange, Optional<String> user, boolean page) {
        if (!(request.target() instanceof Target.Place place)) {
            return Optional.empty();
        }
        Caller caller = new Caller(request, exchange, user, place);
        Optional<Call> call = byName(caller);
        if (call.isEmpty() && place.directory()) {
            call = index(caller, place.segments());
        }
        return call.isEmpty() && spa && page && isMissing(place.segments()) ? index(caller, List.of()) : call;
    }

    private record Caller(Request request, Exchange exchange, Optional<String> user, Target.Place place) {}

    private Optional<Call> byName(Caller caller) {
        List<String> segments = caller.place.segments();
        for (Programs.Cut cut : programs.cuts(segments)) {
            List<String> rest = segments.subList(cut.length(), segments.size());
            if (rest.stream().allMatch(FileNames::isName)) {
                Optional<Call> call = call(caller, cut, segments.subList(0, cut.length()), rest(caller.place, rest));
                if (call.isPresent()) {
                    return call;
                }
            }
        }
        return Optional.empty();
    }

    private static String rest(Target.Place place, List<String> rest) {
        StringBuilder path = new StringBuilder();
        rest.forEach(segment -> path.append('/').append(segment));
        return place.directory() && !place.segments().isEmpty() ? path.append('/').toString() : path.toString();
    }

    /// Empty where a file would have to be there, and is not.
    private Optional<Call> call(Caller caller, Programs.Cut cut, List<String> script, String rest) {
        Optional<Path> file = cut.rule().files() ? file(script) : Optional.empty();
        if (cut.rule().files() && file.isEmpty()) {
            return Optional.empty();
        }
        String name = caller.place.mount() + (script.isEmpty() ? "" : '/' + String.join("/", script));
        List<String> known = cut.rule().files() ? script : caller.place.segments();
        return Optional.of(new Call(cut.rule().gateway(), new Errand(caller.request, caller.exchange, caller.user, name, rest, file,
                tree.root()), known));
    }

    private Optional<Path> file(List<String> script) {
        return switch (tree.resolve(script)) {
            case Resource.Script found -> Optional.of(found.file());
            case Resource.Document document -> {
                document.file().close();
                yield Optional.empty();
            }
            case Resource.Directory _, Resource.Missing _, Resource.Forbidden _, Resource.Unavailable _ -> Optional.empty();
        };
    }

    /// Is what stands at these segments to be run?
    boolean isProgram(List<String> segments) {
        return programs.hide(segments) && file(segments).isPresent();
    }

    /// The first index file that is there decides, program or not.
    private Optional<Call> index(Caller caller, List<String> directory) {
        for (String name : indexNames) {
            List<String> index = new ArrayList<>(directory);
            index.add(name);
            if (tree.mayHold(index)) {
                return programs.cuts(index).stream().filter(cut -> cut.length() == index.size()).findFirst()
                        .flatMap(cut -> call(caller, cut, index, ""));
            }
        }
        return Optional.empty();
    }

    private boolean isMissing(List<String> segments) {
        return switch (tree.resolve(segments)) {
            case Resource.Missing _ -> true;
            case Resource.Document document -> {
                document.file().close();
                yield false;
            }
            case Resource.Directory _, Resource.Script _, Resource.Forbidden _, Resource.Unavailable _ -> false;
        };
    }
}
