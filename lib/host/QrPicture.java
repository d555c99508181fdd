package lib.host;

import io.nayuki.qrcodegen.QrCode;

/// How does a terminal show an address to a telephone? As a QR code of half blocks, two modules to a character.
public final class QrPicture {

    /// What must be empty around it for a camera to find it (ISO/IEC 18004 §9.1).
    private static final int MARGIN = 4;

    private static final String BLACK_ON_WHITE = "\u001b[38;5;16;48;5;231m";
    private static final String PLAIN = "\u001b[0m";

    private QrPicture() {}

    /// Some twenty lines.
    ///
    /// @param colour can its colours be set? If not, the terminal's are taken for light on dark
    public static String format(String url, boolean colour) {
        QrCode code = QrCode.encodeText(url, QrCode.Ecc.LOW);
        StringBuilder picture = new StringBuilder();
        for (int y = -MARGIN; y < code.size + MARGIN; y += 2) {
            picture.append(colour ? BLACK_ON_WHITE : "");
            for (int x = -MARGIN; x < code.size + MARGIN; x++) {
                boolean upper = code.getModule(x, y) == colour;
                boolean lower = code.getModule(x, y + 1) == colour;
                picture.append(upper ? lower ? '█' : '▀' : lower ? '▄' : ' ');
            }
            picture.append(colour ? PLAIN : "").append('\n');
        }
        return picture.toString();
    }
}
