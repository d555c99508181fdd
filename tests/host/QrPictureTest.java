package tests.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.zxing.BinaryBitmap;
import com.google.zxing.LuminanceSource;
import com.google.zxing.RGBLuminanceSource;
import com.google.zxing.common.HybridBinarizer;
import com.google.zxing.qrcode.QRCodeReader;
import java.util.List;
import lib.host.QrPicture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a camera sees of the terminal, by another library's eyes.
class QrPictureTest {
    private static final int PIXELS = 4;

    /// What the terminal shows: black characters on white where colours are set, else light ones on its own dark.
    private static String seen(String picture, boolean colour) throws Exception {
        List<String> lines = picture.lines().map(line -> line.replaceAll("\u001b\\[[0-9;]*m", "")).toList();
        int width = lines.getFirst().length() * PIXELS;
        int height = lines.size() * 2 * PIXELS;
        int[] image = new int[width * height];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                char c = lines.get(y / PIXELS / 2).charAt(x / PIXELS);
                boolean upper = y / PIXELS % 2 == 0;
                boolean ink = c == '█' || (upper ? c == '▀' : c == '▄');
                image[y * width + x] = ink == colour ? 0xFF000000 : 0xFFFFFFFF;
            }
        }
        LuminanceSource source = new RGBLuminanceSource(width, height, image);
        return new QRCodeReader().decode(new BinaryBitmap(new HybridBinarizer(source))).getText();
    }

    @ParameterizedTest
    @CsvSource({"http://192.0.2.7:8080/, true", "http://192.0.2.7:8080/, false",
                "https://[2001:db8:1:2:3:4:5:6]:8443/lfgvteiie5n1degv/, true"})
    void aCameraReadsTheAddress(String url, boolean colour) throws Exception {
        assertEquals(url, seen(QrPicture.format(url, colour), colour));
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void itFitsATerminalAndLeavesItAsItWas(boolean colour) {
        List<String> lines = QrPicture.format("http://192.168.100.200:8080/lfgvteiie5n1degv/", colour).lines().toList();
        assertTrue(lines.size() <= 24, "lines: " + lines.size());
        for (String line : lines) {
            assertEquals(colour, line.endsWith("\u001b[0m"));
            assertEquals(colour, line.contains("\u001b"));
            assertFalse(line.replaceAll("\u001b\\[[0-9;]*m", "").length() > 80, line);
        }
    }
}
