package io.walnut.chaos.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventsTest {
    @TempDir
    Path directory;

    private record Heard(long time, boolean isReturn, long id) {}

    /** More than one part of the file, some calls that last from the first part to the last, and in no order at all. */
    @Test
    void callsAndReturnsComeInTheOrderOfTime() throws IOException {
        Random random = new Random(7);
        List<Heard> expected = new ArrayList<>();
        Path file = directory.resolve("history.jsonl");
        int count = 20_000;
        try (HistoryWriter history = new HistoryWriter(file)) {
            for (int i = 0; i < count; i++) {
                long invoked = random.nextInt(100) == 0 ? random.nextInt(10 * count) : 10L * i + random.nextInt(500);
                long returned = invoked + random.nextInt(random.nextInt(100) == 0 ? 10 * count : 300);
                long id = Ids.of(1, i);
                history.write(new Operation.Append(Call.ok(1, "a", invoked, returned), id, 1, i));
                expected.add(new Heard(invoked, false, id));
                expected.add(new Heard(returned, true, id));
            }
        }
        expected.sort(Comparator.comparingLong(Heard::time)
                .thenComparing(Heard::isReturn)
                .thenComparingLong(Heard::id));

        List<Heard> heard = new ArrayList<>();
        long operations = Events.play(file, new Events.Listener() {
            @Override
            public void invoked(Operation operation) {
                heard.add(new Heard(operation.call().invoked(), false, ((Operation.Append) operation).firstId()));
            }

            @Override
            public void returned(Operation operation) {
                heard.add(new Heard(operation.call().returned(), true, ((Operation.Append) operation).firstId()));
            }
        });

        assertThat(operations).isEqualTo(count);
        assertThat(heard).isEqualTo(expected);
    }
}
