import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;

/** A line in, a line out: forms as browsers write them, bytes in base64. */
final class PeerLines {
    interface Doing {
        Map<String, String> answer(Map<String, String> form) throws Exception;
    }

    private PeerLines() {}

    static void serve(final Doing doing) throws Exception {
        final PrintStream out = System.out;
        // Whatever a library prints must not get between the lines.
        System.setOut(System.err);
        final BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            Map<String, String> reply;
            try {
                reply = doing.answer(read(line));
            } catch (final Exception | LinkageError error) {
                error.printStackTrace();
                reply = Map.of("failed", described(error));
            }
            out.println(write(reply));
            out.flush();
        }
        System.exit(0);
    }

    static String described(final Throwable error) {
        final StringBuilder text = new StringBuilder(error.getClass().getSimpleName() + ": " + error.getMessage());
        for (Throwable cause = error.getCause(); cause != null; cause = cause.getCause()) {
            text.append(" because ").append(cause.getClass().getSimpleName()).append(": ").append(cause.getMessage());
        }
        return text.toString().replaceAll("\\s+", " ");
    }

    private static Map<String, String> read(final String line) {
        final Map<String, String> form = new LinkedHashMap<>();
        for (final String field : line.split("&")) {
            final int equals = field.indexOf('=');
            form.put(
                    URLDecoder.decode(field.substring(0, equals), StandardCharsets.UTF_8),
                    URLDecoder.decode(field.substring(equals + 1), StandardCharsets.UTF_8));
        }
        return form;
    }

    private static String write(final Map<String, String> form) {
        final StringBuilder line = new StringBuilder();
        for (final Map.Entry<String, String> field : form.entrySet()) {
            line.append(line.length() == 0 ? "" : "&")
                    .append(URLEncoder.encode(field.getKey(), StandardCharsets.UTF_8))
                    .append('=')
                    .append(URLEncoder.encode(field.getValue() == null ? "" : field.getValue(), StandardCharsets.UTF_8));
        }
        return line.toString();
    }

    static byte[] bytes(final Map<String, String> form, final String name) {
        return Base64.getDecoder().decode(form.get(name));
    }

    static String text(final byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    static boolean yes(final Map<String, String> form, final String name) {
        return "yes".equals(form.get(name));
    }

    static X509Certificate certificate(final String file) throws Exception {
        try (var stream = Files.newInputStream(Path.of(file))) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(stream);
        }
    }

    static PrivateKey key(final String file) throws Exception {
        final String pem = Files.readString(Path.of(file)).replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
        return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
    }
}
