import com.helger.as2lib.cert.PredefinedCertificateFactory;
import com.helger.as2lib.client.AS2Client;
import com.helger.as2lib.client.AS2ClientRequest;
import com.helger.as2lib.client.AS2ClientResponse;
import com.helger.as2lib.client.AS2ClientSettings;
import com.helger.as2lib.crypto.ECompressionType;
import com.helger.as2lib.crypto.ECryptoAlgorithmCrypt;
import com.helger.as2lib.crypto.ECryptoAlgorithmSign;
import com.helger.as2lib.exception.AS2Exception;
import com.helger.as2lib.message.AS2Message;
import com.helger.as2lib.message.IMessage;
import com.helger.as2lib.partner.Partnership;
import com.helger.as2lib.partner.AbstractPartnershipFactory;
import com.helger.as2lib.processor.DefaultMessageProcessor;
import com.helger.as2lib.processor.module.AbstractProcessorModule;
import com.helger.as2lib.processor.receiver.AS2MDNReceiverModule;
import com.helger.as2lib.processor.receiver.AS2ReceiverModule;
import com.helger.as2lib.processor.receiver.net.AS2MDNReceiverHandler;
import com.helger.as2lib.processor.sender.AS2SenderModule;
import com.helger.as2lib.processor.sender.AsynchMDNSenderModule;
import com.helger.as2lib.processor.storage.IProcessorStorageModule;
import com.helger.as2lib.session.AS2Session;
import com.helger.as2lib.util.http.IAS2IncomingMDNCallback;
import com.helger.commons.collection.attr.StringMap;
import com.helger.mail.cte.EContentTransferEncoding;
import com.helger.security.keystore.EKeyStoreType;
import jakarta.activation.DataHandler;
import jakarta.mail.util.ByteArrayDataSource;
import java.io.InputStream;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** as2-lib (phase2): its client, and its receiver modules as its server uses them. */
final class Phase2Peer {
    private static final String PASSWORD = "test";
    private static final String OWN = "own";
    private static final String THEIRS = "theirs";
    private static final String RECIPIENT = "recipient";
    private static final BlockingQueue<Map<String, String>> RECEIPTS = new LinkedBlockingQueue<>();
    private static volatile Map<String, String> took = Map.of("error", "no message came");
    private static volatile Map<String, String> expected = Map.of();
    private static String folder;

    private Phase2Peer() {}

    public static void main(final String[] arguments) throws Exception {
        PeerLines.serve(form -> {
            switch (form.get("do")) {
                case "start":
                    return start(form);
                case "send":
                    return send(form);
                case "listen":
                    took = Map.of("error", "no message came");
                    expected = form;
                    return Map.of();
                default:
                    return took;
            }
        });
    }

    /** What is configured about a partner: what the test has just said of the message that is under way. */
    private static final class Partners extends AbstractPartnershipFactory {
        @Override
        public Partnership getPartnership(final Partnership asked) {
            final Map<String, String> form = expected;
            final boolean fromUs = unquoted(asked.getSenderAS2ID()).equals(unquoted(form.get("own_name")));
            asked.setSenderX509Alias(fromUs ? OWN : THEIRS);
            asked.setReceiverX509Alias(fromUs ? THEIRS : OWN);
            asked.setSigningAlgorithm(PeerLines.yes(form, "signed") ? ECryptoAlgorithmSign.DIGEST_SHA_256 : null);
            asked.setEncryptAlgorithm(
                    PeerLines.yes(form, "encrypted") ? ECryptoAlgorithmCrypt.CRYPT_AES256_CBC : null);
            asked.setCompressionType(PeerLines.yes(form, "compressed") ? ECompressionType.ZLIB : null);
            return asked;
        }
    }

    /** It hands over names as they were written. */
    private static String unquoted(final String name) {
        return name.replaceAll("[\"\\\\]", "");
    }

    /** Keeps what arrives where the test asks for it. */
    private static final class Storing extends AbstractProcessorModule implements IProcessorStorageModule {
        @Override
        public boolean canHandle(final String action, final IMessage message, final Map<String, Object> options) {
            return action.equals(DO_STORE);
        }

        @Override
        public void handle(final String action, final IMessage message, final Map<String, Object> options) {
            final Map<String, String> found = new LinkedHashMap<>();
            try (InputStream stream = message.getData().getInputStream()) {
                found.put("content", PeerLines.text(stream.readAllBytes()));
            } catch (final Exception error) {
                found.put("error", PeerLines.described(error));
            }
            found.put("signed", message.attrs().getAsBoolean(AS2Message.ATTRIBUTE_RECEIVED_SIGNED) ? "yes" : "");
            found.put("encrypted", message.attrs().getAsBoolean(AS2Message.ATTRIBUTE_RECEIVED_ENCRYPTED) ? "yes" : "");
            took = found;
        }
    }

    private static AS2Session session() {
        final AS2Session session = new AS2Session();
        // Only the partner's certificate counts; the default is to believe the one inside the message.
        session.setCryptoVerifyUseCertificateInBodyPart(false);
        return session;
    }

    private static PredefinedCertificateFactory keys(final AS2Session session, final Map<String, String> form)
            throws Exception {
        final KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        final Certificate[] own = {PeerLines.certificate(form.get("certificate"))};
        store.setKeyEntry(OWN, PeerLines.key(form.get("key")), PASSWORD.toCharArray(), own);
        store.setCertificateEntry(THEIRS, PeerLines.certificate(form.get("verify")));
        store.setCertificateEntry(RECIPIENT, PeerLines.certificate(form.get("encrypt")));
        final PredefinedCertificateFactory factory = new PredefinedCertificateFactory(store);
        final StringMap options = new StringMap();
        options.putIn(PredefinedCertificateFactory.ATTR_TYPE, EKeyStoreType.PKCS12.getID());
        options.putIn(PredefinedCertificateFactory.ATTR_PASSWORD, PASSWORD);
        factory.initDynamicComponent(session, options);
        return factory;
    }

    private static DefaultMessageProcessor processor(final AS2Session session) throws Exception {
        final DefaultMessageProcessor processor = new DefaultMessageProcessor();
        processor.initDynamicComponent(session, null);
        processor.setPendingMDNFolder(folder + "/pending");
        processor.setPendingMDNInfoFolder(folder + "/pending-info");
        session.setMessageProcessor(processor);
        return processor;
    }

    private static StringMap listening(final String port) {
        final StringMap options = new StringMap();
        options.putIn(AS2ReceiverModule.ATTR_ADDRESS, "127.0.0.1");
        options.putIn(AS2ReceiverModule.ATTR_PORT, port);
        return options;
    }

    private static Map<String, String> start(final Map<String, String> form) throws Exception {
        folder = form.get("folder");
        final AS2Session session = session();
        session.setCertificateFactory(keys(session, form));
        final Partners partners = new Partners();
        partners.initDynamicComponent(session, null);
        session.setPartnershipFactory(partners);
        final DefaultMessageProcessor processor = processor(session);
        final Storing storing = new Storing();
        storing.initDynamicComponent(session, null);
        processor.addModule(storing);
        final AsynchMDNSenderModule returning = new AsynchMDNSenderModule();
        returning.initDynamicComponent(session, null);
        processor.addModule(returning);
        final AS2ReceiverModule receiver = new AS2ReceiverModule() {
            @Override
            public void handleError(final IMessage message, final AS2Exception error) {
                took = Map.of("error", PeerLines.described(error));
            }
        };
        receiver.initDynamicComponent(session, listening(form.get("port")));
        receiver.doStart();
        final AS2MDNReceiverModule receipts = new AS2MDNReceiverModule() {
            @Override
            public AS2MDNReceiverHandler createHandler() {
                final AS2MDNReceiverHandler handler = super.createHandler();
                handler.setIncomingMDNCallback(told(RECEIPTS));
                return handler;
            }

            @Override
            public void handleError(final IMessage message, final AS2Exception error) {
                RECEIPTS.add(Map.of("error", PeerLines.described(error)));
            }
        };
        receipts.initDynamicComponent(session, listening(form.get("port_receipts")));
        receipts.doStart();
        return Map.of();
    }

    private static IAS2IncomingMDNCallback told(final BlockingQueue<Map<String, String>> queue) {
        return (sync, mdn, from, to, disposition, mic, original, signed, matches) -> {
            final Map<String, String> found = new LinkedHashMap<>();
            found.put("disposition", disposition);
            found.put("signed", signed ? "yes" : "");
            found.put("mic", matches ? "match" : "mismatch");
            queue.add(found);
        };
    }

    private static Map<String, String> send(final Map<String, String> form) throws Exception {
        final AS2Client client = new AS2Client() {
            @Override
            protected AS2Session createSession() {
                return Phase2Peer.session();
            }

            @Override
            protected void initCertificateFactory(final AS2ClientSettings settings, final AS2Session session)
                    throws AS2Exception {
                try {
                    session.setCertificateFactory(keys(session, form));
                } catch (final Exception error) {
                    throw new AS2Exception("The keys cannot be used", error);
                }
            }

            @Override
            protected void initPartnershipFactory(final AS2Session session) throws AS2Exception {
                final Partners partners = new Partners();
                partners.initDynamicComponent(session, null);
                session.setPartnershipFactory(partners);
            }

            @Override
            protected void initMessageProcessor(final AS2Session session) throws AS2Exception {
                try {
                    processor(session);
                } catch (final Exception error) {
                    throw new AS2Exception("There is no processor", error);
                }
            }
        };
        expected = form;
        RECEIPTS.clear();
        client.setAS2SenderModuleFactory(() -> {
            final AS2SenderModule sender = new AS2SenderModule();
            sender.setIncomingMDNCallback(told(RECEIPTS));
            return sender;
        });
        final AS2ClientSettings settings = new AS2ClientSettings();
        settings.setSenderData(form.get("sender"), "as2@phase2.example", OWN);
        settings.setReceiverData(form.get("receiver"), RECIPIENT, form.get("url"));
        settings.setPartnershipName("exchange");
        // Its own format has the second and four digits: of ten messages a second, two have one id every few minutes.
        settings.setMessageIDFormat(
                AS2ClientSettings.DEFAULT_MESSAGE_ID_FORMAT.replace("$rand.1234$", "$rand.1234567890$"));
        settings.setQuoteHeaderValues(PeerLines.yes(form, "quoted"));
        settings.setEncryptAndSign(
                PeerLines.yes(form, "encrypted") ? ECryptoAlgorithmCrypt.getFromIDOrThrow(form.get("cipher")) : null,
                PeerLines.yes(form, "signed") ? ECryptoAlgorithmSign.getFromIDOrThrow(form.get("signature")) : null);
        if (PeerLines.yes(form, "compressed")) {
            settings.setCompress(ECompressionType.ZLIB, PeerLines.yes(form, "compressed_first"));
        }
        final String receipt = form.get("receipt");
        settings.setMDNRequested(!receipt.equals("none"));
        settings.setMDNOptions(receipt.equals("signed") ? form.get("options") : (String) null);
        settings.setAsyncMDNUrl(PeerLines.yes(form, "asynchronous") ? form.get("receipts_url") : null);
        final AS2ClientRequest request = new AS2ClientRequest("An order");
        // Given as bytes, a document needs a handler for its type, and there is none for EDI.
        request.setData(new DataHandler(new ByteArrayDataSource(PeerLines.bytes(form, "content"), form.get("media_type"))));
        request.setContentType(form.get("media_type"));
        request.setFilename(form.get("filename").isEmpty() ? null : form.get("filename"));
        request.setContentTransferEncoding(EContentTransferEncoding.BINARY);
        final AS2ClientResponse response = client.sendSynchronous(settings, request);
        final String error = response.hasException() ? PeerLines.described(response.getException()) : "";
        if (receipt.equals("none")) {
            return Map.of("error", error);
        }
        final Map<String, String> found = RECEIPTS.poll(
                PeerLines.yes(form, "asynchronous") && error.isEmpty() ? 20 : 0, TimeUnit.SECONDS);
        if (found == null) {
            return Map.of("error", error.isEmpty() ? "no receipt came" : error);
        }
        return found;
    }
}
