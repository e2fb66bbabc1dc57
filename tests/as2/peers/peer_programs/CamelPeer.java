import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.camel.component.as2.api.AS2AsyncMDNServerConnection;
import org.apache.camel.component.as2.api.AS2ClientConnection;
import org.apache.camel.component.as2.api.AS2ClientManager;
import org.apache.camel.component.as2.api.AS2CompressionAlgorithm;
import org.apache.camel.component.as2.api.AS2EncryptionAlgorithm;
import org.apache.camel.component.as2.api.AS2MessageStructure;
import org.apache.camel.component.as2.api.AS2ServerConnection;
import org.apache.camel.component.as2.api.AS2ServerManager;
import org.apache.camel.component.as2.api.AS2SignatureAlgorithm;
import org.apache.camel.component.as2.api.entity.AS2MessageDispositionNotificationEntity;
import org.apache.camel.component.as2.api.entity.ApplicationEntity;
import org.apache.camel.component.as2.api.entity.DispositionNotificationMultipartReportEntity;
import org.apache.camel.component.as2.api.entity.EntityParser;
import org.apache.camel.component.as2.api.entity.MimeEntity;
import org.apache.camel.component.as2.api.entity.MultipartSignedEntity;
import org.apache.camel.component.as2.api.exception.AS2ErrorDispositionException;
import org.apache.camel.component.as2.api.protocol.ResponseMDN;
import org.apache.camel.component.as2.api.util.HttpMessageUtils;
import org.apache.camel.component.as2.api.util.MicUtils;
import org.apache.camel.component.as2.api.util.SigningUtils;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpEntityContainer;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/** Apache Camel's AS2: its client and its servers, as its endpoints use them. */
final class CamelPeer {
    private static final BlockingQueue<Map<String, String>> RECEIPTS = new LinkedBlockingQueue<>();
    private static volatile Map<String, String> took = Map.of("error", "no message came");
    private static volatile Certificate[] theirs;

    private CamelPeer() {}

    public static void main(final String[] arguments) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        PeerLines.serve(form -> {
            switch (form.get("do")) {
                case "start":
                    return start(form);
                case "send":
                    return send(form);
                default:
                    final Map<String, String> reply = took;
                    took = Map.of("error", "no message came");
                    return reply;
            }
        });
    }

    /** One server for each of the four demands that a server can make, and one for receipts. */
    private static Map<String, String> start(final Map<String, String> form) throws Exception {
        theirs = new Certificate[] {PeerLines.certificate(form.get("verify"))};
        final Certificate[] own = {PeerLines.certificate(form.get("certificate"))};
        final PrivateKey key = PeerLines.key(form.get("key"));
        for (final String signed : new String[] {"", "signed"}) {
            for (final String encrypted : new String[] {"", "encrypted"}) {
                final Certificate[] verifying = signed.isEmpty() ? null : theirs;
                final PrivateKey decrypting = encrypted.isEmpty() ? null : key;
                final AS2ServerConnection connection = new AS2ServerConnection(
                        "1.1", "Camel", "camel.example", Integer.valueOf(form.get("port" + signed + encrypted)),
                        AS2SignatureAlgorithm.SHA256WITHRSA, own, key, decrypting, null, verifying, null);
                new AS2ServerManager(connection).listen("/as2",
                        (request, response, context) -> taken(request, response, context, verifying, decrypting));
            }
        }
        new AS2AsyncMDNServerConnection(Integer.valueOf(form.get("port_receipts")), null).receive("/mdn",
                (request, response, context) -> {
                    Map<String, String> told;
                    try {
                        EntityParser.parseAS2MessageEntity(request);
                        told = told(request.getEntity());
                    } catch (final Exception error) {
                        told = failed(PeerLines.described(error));
                    }
                    RECEIPTS.add(told);
                    response.setCode(200);
                });
        return Map.of();
    }

    /** What the consumer of an endpoint does with a request. */
    private static void taken(
            final ClassicHttpRequest request, final ClassicHttpResponse response, final HttpContext context,
            final Certificate[] verifying, final PrivateKey decrypting) {
        try {
            EntityParser.parseAS2MessageEntity(request);
            context.setAttribute(AS2ServerManager.SUBJECT, "Receipt");
            context.setAttribute(AS2ServerManager.FROM, "as2@camel.example");
            final ApplicationEntity entity = HttpMessageUtils.extractEdiPayload(
                    request, new HttpMessageUtils.DecrpytingAndSigningInfo(verifying, decrypting));
            took = Map.of("content", PeerLines.text(entity.getEdiMessage().getBytes(StandardCharsets.ISO_8859_1)));
        } catch (final AS2ErrorDispositionException error) {
            context.setAttribute(ResponseMDN.DISPOSITION_MODIFIER, error.getDispositionModifier());
            took = Map.of("error", PeerLines.described(error));
        } catch (final Exception error) {
            took = Map.of("error", PeerLines.described(error));
            response.setCode(500);
            return;
        }
        response.setCode(200);
    }

    private static Map<String, String> send(final Map<String, String> form) throws Exception {
        final URI url = URI.create(form.get("url"));
        final boolean signed = PeerLines.yes(form, "signed");
        final boolean encrypted = PeerLines.yes(form, "encrypted");
        final Certificate[] own = {PeerLines.certificate(form.get("certificate"))};
        final Certificate[] recipients = {PeerLines.certificate(form.get("encrypt"))};
        final Duration patience = Duration.ofSeconds(20);
        final AS2ClientConnection connection = new AS2ClientConnection(
                "1.1", "Camel", "camel.example", url.getHost(), url.getPort(), patience, patience, 5, patience, null, null);
        RECEIPTS.clear();
        final HttpContext context = new AS2ClientManager(connection).send(
                new String(PeerLines.bytes(form, "content"), StandardCharsets.ISO_8859_1),
                url.getPath(),
                "An order",
                "as2@camel.example",
                form.get("sender"),
                form.get("receiver"),
                AS2MessageStructure.valueOf(form.get("structure")),
                ContentType.create(form.get("media_type"), StandardCharsets.ISO_8859_1),
                form.get("encoding").isEmpty() ? null : form.get("encoding"),
                signed ? AS2SignatureAlgorithm.valueOf(form.get("signature")) : null,
                signed ? own : null,
                signed ? PeerLines.key(form.get("key")) : null,
                AS2CompressionAlgorithm.ZLIB,
                form.get("receipt").equals("none") ? null : "as2@camel.example",
                form.get("receipt").equals("signed") ? form.get("micalgs").split(",") : null,
                encrypted ? AS2EncryptionAlgorithm.valueOf(form.get("cipher")) : null,
                encrypted ? recipients : null,
                form.get("filename").isEmpty() ? null : form.get("filename"),
                PeerLines.yes(form, "asynchronous") ? form.get("receipts_url") : null);
        if (form.get("receipt").equals("none")) {
            return Map.of();
        }
        Map<String, String> told;
        if (PeerLines.yes(form, "asynchronous")) {
            told = RECEIPTS.poll(20, TimeUnit.SECONDS);
        } else {
            told = told(((HttpEntityContainer) context.getAttribute(AS2ClientManager.HTTP_RESPONSE)).getEntity());
        }
        if (told == null) {
            return Map.of("error", "no receipt came");
        }
        // What it would answer to its own message; it compares nothing by itself.
        final MicUtils.ReceivedContentMic expected = MicUtils.createReceivedContentMic(
                (ClassicHttpRequest) context.getAttribute(AS2ClientManager.HTTP_REQUEST),
                signed ? own : null,
                encrypted ? PeerLines.key(form.get("opening")) : null);
        told.put("own_mic", expected == null ? "" : expected.toString());
        return told;
    }

    private static Map<String, String> failed(final String error) {
        return new LinkedHashMap<>(Map.of("error", error));
    }

    private static Map<String, String> told(final HttpEntity entity) throws HttpException {
        final Map<String, String> told = new LinkedHashMap<>();
        MimeEntity report = (MimeEntity) entity;
        if (entity instanceof MultipartSignedEntity) {
            final MultipartSignedEntity whole = (MultipartSignedEntity) entity;
            told.put("signed", SigningUtils.isValid(whole, theirs) ? "yes" : "");
            report = whole.getSignedDataEntity();
        }
        if (!(report instanceof DispositionNotificationMultipartReportEntity)) {
            return failed("the answer is " + (report == null ? "nothing" : report.getContentType()));
        }
        final AS2MessageDispositionNotificationEntity said = (AS2MessageDispositionNotificationEntity)
                ((DispositionNotificationMultipartReportEntity) report).getPart(1);
        final Object modifier = said.getDispositionModifier();
        told.put("disposition", said.getDispositionType() + (modifier == null ? "" : "/" + modifier));
        told.put("mic", said.getReceivedContentMic() == null ? "" : said.getReceivedContentMic().toString());
        return told;
    }
}
