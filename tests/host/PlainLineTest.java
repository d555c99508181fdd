package tests.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import lib.host.Fault;
import lib.host.PlainLine;
import lib.host.Setting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Command lines that need no parser, and those that do. Words are written with a blank between them.
class PlainLineTest {

    private static List<String> words(String line) {
        return List.of(line.split(" "));
    }

    private static String format(Map<Setting, List<String>> given) {
        return given.entrySet().stream().map(entry -> entry.getKey() + "=" + String.join(",", entry.getValue()))
                .collect(Collectors.joining(" "));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            serve                          | ''
            serve .                        | DOCBASE=.
            serve dir 9000                 | DOCBASE=dir PORT=9000
            serve 9000                     | DOCBASE=9000
            serve -p 0                     | PORT=0
            serve --port 0 dir             | DOCBASE=dir PORT=0
            serve --port=0                 | PORT=0
            serve --port=                  | PORT=
            serve dir -q --hidden          | DOCBASE=dir HIDDEN=true QUIET=true
            serve -a h -a unix:/s          | ADDRESS=h,unix:/s
            serve -a a --address b --bind c --host d | ADDRESS=a,b,c,d
            serve -p 1 -p 2                | PORT=1,2
            serve --header=K:=V            | HEADER=K:=V
            serve -b dir                   | DOCBASE=dir
            serve @file                    | DOCBASE=@file
            serve --server-name=-x         | SERVER_NAME=-x
            """)
    void aLineOfOptionsWrittenInFullIsPlain(String line, String expected) throws Fault {
        assertEquals(Optional.of(expected), PlainLine.read(words(line)).map(PlainLineTest::format));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "help", "dir", "Serve", "completion", "-p 80", "--help", "serve --help", "serve -h", "serve -V", "serve --version",
        "serve -qp80", "serve -p80", "serve -p=80", "serve -p", "serve dir -p", "serve -p -q", "serve -p --quiet", "serve --port", "serve --nonsense",
        "serve --por 80", "serve --quiet=true", "serve -q=true", "serve --", "serve -- dir", "serve -", "serve --Port 1",
        "serve --server-name -x", "serve -qt 1s"})
    void whateverElseThereIsIsNotPlain(String line) throws Fault {
        assertEquals(Optional.empty(), PlainLine.read(words(line)));
    }

    @Test
    void noWordAtAllIsNotPlain() throws Fault {
        assertEquals(Optional.empty(), PlainLine.read(List.of()));
    }

    @Test
    void aWordMayHoldAnything() throws Fault {
        assertEquals(Optional.of(Map.of(Setting.DOCBASE, List.of("a b*\"'\n"))), PlainLine.read(List.of("serve", "a b*\"'\n")));
        assertEquals(Optional.of(Map.of(Setting.SERVER_NAME, List.of(""))), PlainLine.read(List.of("serve", "--server-name", "")));
    }

    @ParameterizedTest
    @EnumSource(Setting.class)
    void everyOptionIsPlainUnderEveryName(Setting setting) throws Fault {
        for (String option : setting.options()) {
            List<String> line = setting.isFlag() ? List.of("serve", option) : List.of("serve", option, "x");
            assertEquals(Optional.of(Map.of(setting, List.of(setting.isFlag() ? "true" : "x"))), PlainLine.read(line));
        }
    }

    @ParameterizedTest
    @CsvSource({"serve -b x dir, --docbase", "serve dir --docbase=x, --docbase", "serve dir 80 -p 81, --port"})
    void oneThingIsNotSaidInTwoWays(String line, String option) {
        Fault fault = assertThrows(Fault.class, () -> PlainLine.read(words(line)));
        assertEquals(Fault.USAGE, fault.exitCode());
        assertTrue(fault.getMessage().startsWith(option + " "), fault.getMessage());
    }

    @Test
    void thereAreTwoWordsAtMost() {
        Fault fault = assertThrows(Fault.class, () -> PlainLine.read(words("serve a 1 b")));
        assertEquals(Fault.USAGE, fault.exitCode());
        assertTrue(fault.getMessage().startsWith("'b' is one word too many; "), fault.getMessage());
    }
}
