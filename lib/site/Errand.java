package lib.site;

import java.nio.file.Path;
import java.util.Optional;
import lib.http.Exchange;
import lib.http.Request;

/// What is a program asked to do, and by which of its names was it called? (RFC 3875 §4.1)
///
/// @param request as the client sent it, or, after a local redirect, as if it had
/// @param user who asks, if that is proven
/// @param name the path that names the program, decoded (SCRIPT_NAME): `/cgi-bin/list`; empty for the root
/// @param rest the path behind it, decoded (PATH_INFO): `/a/b`; empty for none
/// @param file the file of the tree that is the program, or that it is to read; its real path, without links. Empty where one
///     program answers for all that is below `name`
/// @param base the directory that the site serves: what PATH_TRANSLATED and DOCUMENT_ROOT are about
public record Errand(Request request, Exchange exchange, Optional<String> user, String name, String rest, Optional<Path> file,
                     Path base) {

    /// A path of the tree as octets, one char each, as programs are told it.
    public String octets(Path path) {
        StringBuilder octets = new StringBuilder();
        for (Path name : path) {
            octets.append('/').append(FileNames.octets(name));
        }
        return octets.isEmpty() ? "/" : octets.toString();
    }
}
