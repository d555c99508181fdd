package tests.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import lib.host.Setting;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// The table of what can be set.
class SettingTest {

    @Test
    void noTwoSettingsShareAnOptionOrAVariable() {
        Set<String> seen = new HashSet<>();
        for (Setting setting : Setting.values()) {
            setting.options().forEach(option -> assertTrue(seen.add(option), option));
            assertTrue(seen.add(setting.variable()), setting.variable());
        }
    }

    @ParameterizedTest
    @EnumSource(Setting.class)
    void anOptionIsOneLetterOrALongNameAndHasADescription(Setting setting) {
        setting.options().forEach(option -> assertTrue(option.matches("-[a-zA-Z]|--[a-z]+(-[a-z]+)*"), option));
        assertTrue(setting.variable().matches("COMANCHE_[A-Z_]+"), setting.variable());
        assertFalse(setting.description().isBlank());
        assertEquals(setting.placeholder().isEmpty(), setting.isFlag());
        assertTrue(!setting.isFlag() || setting == Setting.FOREGROUND
                || setting.fallback(Setting.Profile.SERVE).equals("false"), "a flag is off until it is set");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            DOCBASE         | -b --docbase                | COMANCHE_DOCBASE
            ADDRESS         | -a --address --bind --host  | COMANCHE_ADDRESS
            PORT            | -p --port                   | COMANCHE_PORT
            INDEX           | --index                     | COMANCHE_INDEX
            NO_LISTING      | --no-listing                | COMANCHE_NO_LISTING
            HIDDEN          | --hidden                    | COMANCHE_HIDDEN
            ALLOW_SECRETS   | --allow-secrets             | COMANCHE_ALLOW_SECRETS
            FOLLOW_SYMLINKS | --follow-symlinks           | COMANCHE_FOLLOW_SYMLINKS
            SPA             | --spa                       | COMANCHE_SPA
            CORS            | --cors                      | COMANCHE_CORS
            HEADER          | --header                    | COMANCHE_HEADER
            TRACE           | --trace                     | COMANCHE_TRACE
            TIMEOUT         | -t --timeout                | COMANCHE_TIMEOUT
            QUIET           | -q --quiet                  | COMANCHE_QUIET
            """)
    void whatIsPromisedIsThere(Setting setting, String options, String variable) {
        assertTrue(setting.options().containsAll(List.of(options.split(" "))), setting.options().toString());
        assertEquals(variable, setting.variable());
    }
}
