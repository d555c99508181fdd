package lib.host;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Of what is this program made? Its libraries as they are here, in the words of CycloneDX 1.6 (a bill of materials, ECMA-424), and
/// whether they are those that were meant: `checksums.sha256` names each by its place in a Maven repository.
///
///     {"type":"library","group":"info.picocli","name":"picocli","version":"4.7.7","hashes":[{"alg":"SHA-256","content":"f86e…"}],…}
///
/// @param text the bill, as JSON
/// @param complaints about libraries that are not as they should be, a sentence each
public record Sbom(String text, List<String> complaints) {
    private static final String PINNED = "/checksums.sha256";

    /// By group, as SPDX has them.
    private static final Map<String, String> LICENCES = Map.of("info.picocli", "Apache-2.0", "org.tomlj", "Apache-2.0", "io.nayuki", "MIT",
            "org.commonmark", "BSD-2-Clause", "at.favre.lib", "Apache-2.0", "commons-codec", "Apache-2.0");

    /// The one library that another one brings along; all else is ours.
    private static final Map<String, String> BROUGHT_BY = Map.of("bytes", "bcrypt");

    public Sbom {
        complaints = List.copyOf(complaints);
    }

    /// A library.
    ///
    /// @param sha256 that it is meant to have
    record Library(String group, String name, String version, String sha256) {

        /// From a line such as `f86e…  info/picocli/picocli/4.7.7/picocli-4.7.7.jar`; empty for other files than jars.
        static Optional<Library> parse(String line) {
            String[] words = line.strip().split(" +");
            if (words.length != 2 || !words[1].endsWith(".jar")) {
                return Optional.empty();
            }
            String[] names = words[1].split("/");
            int last = names.length - 1;
            String group = String.join(".", List.of(names).subList(0, last - 2));
            return Optional.of(new Library(group, names[last - 2], names[last - 1], words[0]));
        }

        String file() {
            return name + '-' + version + ".jar";
        }

        /// Its package URL.
        String purl() {
            return "pkg:maven/" + group + '/' + name + '@' + version + "?type=jar";
        }
    }

    /// @param classPath as Java has it
    /// @throws Fault if a library can't be read
    public static Sbom of(String classPath) throws Fault {
        List<String> complaints = new ArrayList<>();
        List<Library> here = new ArrayList<>();
        for (Library meant : pinned()) {
            Optional<String> sha256 = find(meant.file(), classPath);
            if (sha256.isEmpty()) {
                complaints.add(meant.file() + " is not on the class path.");
                continue;
            }
            if (!sha256.get().equals(meant.sha256)) {
                complaints.add(meant.file() + " is not the one that was meant (its SHA-256 is another); remove it from ~/.m2, "
                        + "and have jbang fetch it again.");
            }
            here.add(new Library(meant.group, meant.name, meant.version, sha256.get()));
        }
        return new Sbom(format(here), complaints);
    }

    /// The libraries that are meant to be there.
    static List<Library> pinned() throws Fault {
        try (InputStream octets = Sbom.class.getResourceAsStream(PINNED)) {
            List<Library> pinned = new ArrayList<>();
            new String(octets.readAllBytes(), StandardCharsets.US_ASCII).lines().forEach(line -> Library.parse(line).ifPresent(pinned::add));
            pinned.sort((one, other) -> one.purl().compareTo(other.purl()));
            return pinned;
        } catch (IOException e) {
            throw new Fault(Fault.CANNOT_START, "The list of libraries can't be read: " + e.getMessage() + ".");
        }
    }

    private static Optional<String> find(String file, String classPath) throws Fault {
        for (String entry : classPath.split(File.pathSeparator)) {
            if (entry.endsWith(File.separator + file)) {
                return Optional.of(sha256(Path.of(entry)));
            }
        }
        return Optional.empty();
    }

    private static String sha256(Path file) throws Fault {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (IOException _) {
            throw new Fault(Fault.CANNOT_START, "The library " + file + " can't be read; remove it, and have jbang fetch it again.");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }

    private static String format(List<Library> libraries) {
        String components = joined(libraries.stream().map(Sbom::component).toList());
        return """
                {
                  "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
                  "bomFormat": "CycloneDX",
                  "specVersion": "1.6",
                  "version": 1,
                  "metadata": {
                    "component": {"type": "application", "bom-ref": "comanche", "name": "comanche", "version": "%s",
                      "licenses": [{"license": {"id": "BSD-2-Clause"}}]}
                  },
                  "components": [
                %s
                  ],
                  "dependencies": [
                %s
                  ]
                }
                """.formatted(Setting.VERSION, components, joined(dependencies(libraries)));
    }

    private static String joined(List<String> objects) {
        return String.join(",\n", objects.stream().map(object -> "    " + object).toList());
    }

    private static String component(Library library) {
        return """
                {"type": "library", "bom-ref": "%s", "group": "%s", "name": "%s", "version": "%s",
                      "hashes": [{"alg": "SHA-256", "content": "%s"}],
                      "licenses": [{"license": {"id": "%s"}}], "purl": "%s"}""".formatted(library.purl(), library.group, library.name,
                library.version, library.sha256, LICENCES.get(library.group), library.purl());
    }

    private static List<String> dependencies(List<Library> libraries) {
        List<String> dependencies = new ArrayList<>(List.of(dependency("comanche",
                libraries.stream().filter(library -> !BROUGHT_BY.containsKey(library.name)).toList())));
        for (Library library : libraries) {
            dependencies.add(dependency(library.purl(),
                    libraries.stream().filter(other -> library.name.equals(BROUGHT_BY.get(other.name))).toList()));
        }
        return dependencies;
    }

    private static String dependency(String who, List<Library> on) {
        return "{\"ref\": \"%s\", \"dependsOn\": [%s]}".formatted(who,
                String.join(", ", on.stream().map(library -> '"' + library.purl() + '"').toList()));
    }
}
