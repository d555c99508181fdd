package tests.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import lib.gateway.FastCgiRecords;
import lib.gateway.FastCgiRecords.Said;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// FastCGI's records as octets (FastCGI 1.0 §3).
class FastCgiRecordsTest {

    private static byte[] octets(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    private static byte[] taken(ByteBuffer buffer) {
        byte[] octets = new byte[buffer.flip().remaining()];
        buffer.get(octets);
        return octets;
    }

    @Test
    void aRequestBeginsWithItsRoleAndItsVariables() {
        Map<String, String> variables = new LinkedHashMap<>();
        variables.put("A", "bc");
        variables.put("D", "");
        ByteBuffer request = FastCgiRecords.begin(true, variables, 100);
        FastCgiRecords.content(request, new byte[] {7, 8}, 2);
        FastCgiRecords.endOfContent(request);
        assertArrayEquals(octets("01 01 0001 0008 00 00  0001 01 0000000000"
                + "01 04 0001 0008 00 00  01 02 41 6263  01 00 44"
                + "01 04 0001 0000 00 00"
                + "01 05 0001 0002 00 00  07 08"
                + "01 05 0001 0000 00 00"), taken(request));
    }

    @Test
    void aConnectionThatIsNotKeptIsToldSo() {
        assertEquals(0, FastCgiRecords.begin(false, Map.of(), 0).get(10));
    }

    @Test
    void aLengthFrom128OnTakesFourOctets() {
        byte[] octets = taken(FastCgiRecords.begin(false, Map.of("N", "x".repeat(128)), 0));
        assertArrayEquals(octets("01 80000080 4e 78"), java.util.Arrays.copyOfRange(octets, 24, 31));
    }

    @ParameterizedTest
    @ValueSource(ints = {65_525, 65_530, 65_531, 131_060, 131_066, 200_000})
    void variablesThatAreLongerThanARecordTakeSeveral(int length) {
        ByteBuffer request = FastCgiRecords.begin(false, Map.of("NAME", "v".repeat(length)), 0).flip();
        request.position(16);
        int params = 0;
        int records = 0;
        int count;
        do {
            assertEquals(4, request.get(request.position() + 1));
            count = request.getShort(request.position() + 4) & 0xFFFF;
            params += count;
            records++;
            request.position(request.position() + 8 + count);
        } while (count > 0);
        assertEquals(5 + 4 + length, params);
        assertEquals((params + 65_534) / 65_535 + 1, records);
        assertTrue(!request.hasRemaining());
    }

    /// What is heard, with what belongs together joined: `out:` and `err:` octets, `end:` protocol and code.
    private static String heard(byte[] octets, int piece) {
        FastCgiRecords records = new FastCgiRecords();
        ByteBuffer arrived = ByteBuffer.allocate(100_000).flip();
        StringBuilder heard = new StringBuilder();
        for (int offset = 0; offset < octets.length; offset += piece) {
            arrived.compact().put(octets, offset, Math.min(piece, octets.length - offset)).flip();
            for (Said said = records.next(arrived); !(said instanceof FastCgiRecords.Silence); said = records.next(arrived)) {
                switch (said) {
                    case FastCgiRecords.Output(ByteBuffer some) -> heard.append(mark(heard, "out:")).append(StandardCharsets.US_ASCII.decode(some));
                    case FastCgiRecords.Complaint(ByteBuffer some) -> heard.append(mark(heard, "err:")).append(StandardCharsets.US_ASCII.decode(some));
                    case FastCgiRecords.End(int protocol, int code) -> heard.append(" end:" + protocol + '/' + code);
                    case FastCgiRecords.Nonsense _ -> {
                        return heard + " nonsense";
                    }
                    case FastCgiRecords.Silence _ -> { }
                }
            }
        }
        return heard.toString();
    }

    private static String mark(StringBuilder heard, String mark) {
        return heard.lastIndexOf(":") > 0 && heard.lastIndexOf(mark) == heard.lastIndexOf(":") - 3 ? "" : " " + mark;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            0106000100020000 4142  0103000100080000 0000000000000000                      | ' out:AB end:0/0'
            0106000100020300 4142 000000  0103000100080100 0000000500000000 00            | ' out:AB end:0/5'
            0106000100010700 41 00000000000000 0106000100010000 42 0103000100080000 0000000001000000 | ' out:AB end:1/0'
            0107000100020000 6F6F  0106000100010000 41  0106000100000000                  | ' err:oo out:A'
            010B000000080000 0900000000000000  0106000100010000 41                        | ' out:A'
            010A000000050300 0102030405 000000  0106000100010000 41                       | ' out:A'
            0103000100080000 0000000102000000                                             | ' end:2/1'
            0103000100080000 FFFFFFFF00000000                                             | ' end:0/-1'
            0206000100010000 41                                                           | ' nonsense'
            0106000200010000 41                                                           | ' nonsense'
            0105000100010000 41                                                           | ' nonsense'
            0100000100010000 41                                                           | ' nonsense'
            0103000100040000 00000000                                                     | ' nonsense'
            485454502F312E31 20323030                                                     | ' nonsense'
            """)
    void anAnswerIsTheSameInWhateverPiecesItArrives(String hex, String heard) {
        for (int piece = 1; piece <= 40; piece++) {
            assertEquals(heard, heard(octets(hex), piece), "pieces of " + piece);
        }
    }

    @Test
    void theLongestRecordIsHeardAsItComes() {
        FastCgiRecords records = new FastCgiRecords();
        ByteBuffer arrived = ByteBuffer.allocate(1024).put(octets("01060001 FFFF FF00")).put(new byte[1000]).flip();
        assertEquals(1000, assertInstanceOf(FastCgiRecords.Output.class, records.next(arrived)).octets().remaining());
        int heard = 1000;
        while (heard < 65_535) {
            arrived.compact().put(new byte[1000]).flip();
            heard += assertInstanceOf(FastCgiRecords.Output.class, records.next(arrived)).octets().remaining();
        }
        assertEquals(65_535, heard);
    }

    @Test
    void whateverArrivesNothingIsThrown() {
        Random random = new Random(5);
        for (int i = 0; i < 20_000; i++) {
            byte[] octets = new byte[random.nextInt(200)];
            random.nextBytes(octets);
            for (int j = 0; j < octets.length - 8 && random.nextBoolean(); j += 8 + (octets[j + 5] & 0xFF)) {
                System.arraycopy(new byte[] {1, (byte) (3 + random.nextInt(9)), 0, 1, 0}, 0, octets, j, 5);
            }
            heard(octets, 1 + random.nextInt(64));
        }
    }
}
