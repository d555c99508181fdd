package tests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.process.Processes.Outcome;

/// `comanche sbom`, read by another program, beside the jars themselves and the list of dependencies.
class SbomTest {
    /// What the schema of CycloneDX 1.6 asks of the parts that we use; prints a line for each component.
    private static final String READER = """
            import json, re, sys
            bom = json.load(sys.stdin)
            assert bom["bomFormat"] == "CycloneDX" and bom["specVersion"] == "1.6" and bom["version"] == 1
            assert set(bom) == {"$schema", "bomFormat", "specVersion", "version", "metadata", "components", "dependencies"}, set(bom)
            own = bom["metadata"]["component"]
            assert own["type"] == "application" and own["name"] == "comanche" and own["version"]
            references = {own["bom-ref"]}
            for part in bom["components"]:
                assert set(part) == {"type", "bom-ref", "group", "name", "version", "hashes", "licenses", "purl"}, set(part)
                assert part["type"] == "library" and part["bom-ref"] not in references
                references.add(part["bom-ref"])
                (digest,), (licence,) = part["hashes"], part["licenses"]
                assert digest["alg"] == "SHA-256" and re.fullmatch("[0-9a-f]{64}", digest["content"])
                assert licence["license"]["id"] in ("Apache-2.0", "BSD-2-Clause", "MIT")
                assert part["purl"] == "pkg:maven/%(group)s/%(name)s@%(version)s?type=jar" % part
                print(digest["content"], part["group"] + ":" + part["name"] + ":" + part["version"])
            for dependency in bom["dependencies"]:
                assert dependency["ref"] in references and references.issuperset(dependency["dependsOn"])
            assert {dependency["ref"] for dependency in bom["dependencies"]} == references
            """;

    @TempDir
    Path room;

    @Test
    void itNamesEveryLibraryWithTheDigestOfTheJarThatIsUsed() throws IOException {
        Outcome sbom = ComancheProcess.run(Map.of(), "sbom");
        assertEquals(0, sbom.code(), sbom.err());
        Path file = Files.writeString(room.resolve("bom.json"), sbom.out());
        Outcome read = Processes.run(room, ComancheProcess.environment(Map.of()), List.of("sh", "-c", "python3 -c \"$1\" <\"$2\"", "sh",
                READER, file.toString()));
        assertEquals("", read.err());

        Set<String> named = new TreeSet<>();
        for (String line : read.outLines()) {
            String[] words = line.split(" ");
            String[] library = words[1].split(":");
            named.add(words[1]);
            assertEquals(digest(jar(library[1] + "-" + library[2] + ".jar")), words[0], line);
        }
        Set<String> wanted = new TreeSet<>(Set.of("at.favre.lib:bytes:1.5.0")); // bcrypt brings it along
        for (String line : Files.readAllLines(Processes.checkout().resolve("Comanche.java"))) {
            if (line.startsWith("//DEPS ")) {
                wanted.add(line.substring(7).strip());
            }
        }
        assertEquals(wanted, named);
    }

    @Test
    void aLibraryThatIsAnotherThanWasMeantIsComplainedOf() throws IOException {
        Path genuine = jar("qrcodegen-1.8.0.jar");
        Path changed = Files.copy(genuine, room.resolve("qrcodegen-1.8.0.jar"));
        Files.write(changed, new byte[] {0}, StandardOpenOption.APPEND);
        List<String> command = new ArrayList<>(ComancheProcess.command("sbom"));
        command.replaceAll(word -> word.replace(genuine.toString(), changed.toString()));
        Outcome outcome = Processes.run(room, ComancheProcess.environment(Map.of()), command);
        assertEquals(1, outcome.code());
        assertTrue(outcome.out().contains(digest(changed)), outcome.out());
        assertEquals("comanche: qrcodegen-1.8.0.jar is not the one that was meant (its SHA-256 is another); remove it from ~/.m2, "
                + "and have jbang fetch it again.\n", outcome.err());
        assertNotEquals(digest(genuine), digest(changed));
    }

    private static Path jar(String name) {
        return Arrays.stream(System.getProperty("java.class.path").split(":")).filter(entry -> entry.endsWith("/" + name)).map(Path::of)
                .map(Path::toAbsolutePath).collect(Collectors.toList()).getFirst();
    }

    private String digest(Path jar) {
        return Processes.run(room, ComancheProcess.environment(Map.of()), List.of("sha256sum", jar.toString())).out().split(" ")[0];
    }
}
