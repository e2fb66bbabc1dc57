import io.xlate.edi.schema.Schema;
import io.xlate.edi.schema.SchemaFactory;
import io.xlate.edi.stream.EDIInputFactory;
import io.xlate.edi.stream.EDIStreamEvent;
import io.xlate.edi.stream.EDIStreamReader;
import java.io.BufferedInputStream;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.HashMap;
import java.util.Map;

/** Reads a file with StAEDI and a schema for each type of message: {@code FILE SCHEMAS ROUNDS}. */
public final class StaediReading {
    private static long messages;
    private static long errors;
    private static String firstError = "";

    public static void main(String[] arguments) throws Exception {
        Path file = Paths.get(arguments[0]);
        Path folder = Paths.get(arguments[1]);
        int rounds = Integer.parseInt(arguments[2]);
        Map<String, Schema> schemas = new HashMap<>();
        try (var entries = Files.newDirectoryStream(folder, "*.xml")) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                try (InputStream stream = Files.newInputStream(entry)) {
                    schemas.put(name.substring(0, name.length() - 4), SchemaFactory.newFactory().createSchema(stream));
                }
            }
        }
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        StringBuilder seconds = new StringBuilder();
        for (int round = 0; round < rounds; round++) {
            messages = 0;
            errors = 0;
            long start = threads.getCurrentThreadCpuTime();
            read(file, schemas);
            long nanoseconds = threads.getCurrentThreadCpuTime() - start;
            seconds.append(round == 0 ? "" : ", ").append(nanoseconds / 1e9);
        }
        long peak = 0;
        for (String line : Files.readAllLines(Paths.get("/proc/self/status"))) {
            if (line.startsWith("VmHWM:")) {
                peak = Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        System.out.println("{\"seconds\": [" + seconds + "], \"peak_kilobytes\": " + peak + ", \"messages\": " + messages
            + ", \"errors\": " + errors + ", \"first\": \"" + firstError.replace("\"", "'") + "\"}");
    }

    private static void read(Path file, Map<String, Schema> schemas) throws Exception {
        EDIInputFactory factory = EDIInputFactory.newFactory();
        factory.setProperty(EDIInputFactory.EDI_VALIDATE_CONTROL_STRUCTURE, true);
        try (InputStream stream = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            EDIStreamReader reader = factory.createEDIStreamReader(stream, "ISO-8859-1");
            String type = "";
            boolean header = false;
            while (reader.hasNext()) {
                EDIStreamEvent event = reader.next();
                switch (event) {
                    case START_TRANSACTION:
                        messages++;
                        header = true;
                        break;
                    case ELEMENT_DATA:
                        // ST01, or the first component of UNH's second element: the type decides on the schema.
                        if (header && schemas.containsKey(reader.getText())) {
                            header = false;
                            type = reader.getText();
                            reader.setTransactionSchema(schemas.get(type));
                        }
                        break;
                    case END_SEGMENT:
                        header = false;
                        break;
                    case SEGMENT_ERROR:
                    case ELEMENT_OCCURRENCE_ERROR:
                    case ELEMENT_DATA_ERROR:
                        errors++;
                        if (firstError.isEmpty()) {
                            firstError = type + " " + event + " " + reader.getErrorType() + " " + reader.getReferenceCode()
                                + " at " + reader.getLocation();
                        }
                        break;
                    default:
                        break;
                }
            }
        }
    }
}
