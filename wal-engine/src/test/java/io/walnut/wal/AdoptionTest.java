package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.io.FaultyStorage;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Files from elsewhere may be anything, and are somebody else's until the log has them. */
class AdoptionTest {
    private static final Path FIRST = Path.of("/elsewhere/first");
    private static final Path SECOND = Path.of("/elsewhere/second");

    private final FaultyStorage storage = new FaultyStorage();
    private Wal wal;

    /** LSNs 0 to 2, of which only 0 and 1 came to be part of their log, and 2 and 3. */
    @BeforeEach
    void twoSegmentsFromElsewhere() throws Exception {
        FaultyStorage elsewhere = new FaultyStorage();
        try (Wal other = Wal.open(elsewhere, Logs.inline())) {
            other.append(Logs.batch("a"));
            other.append(Logs.batch("b"));
            other.append(Logs.batch("cut away"));
            other.truncateAfter(1);
            other.append(Logs.batch("c", "d"));
        }
        List<String> names = elsewhere.contents().keySet().stream()
                .filter(name -> name.endsWith(".seg"))
                .sorted()
                .toList();
        assertThat(names).hasSize(2);
        storage.putOutside(FIRST, Objects.requireNonNull(elsewhere.contents().get(names.getFirst())));
        storage.putOutside(SECOND, Objects.requireNonNull(elsewhere.contents().get(names.getLast())));
        wal = Wal.open(storage, Logs.inline());
        wal.append(Logs.batch("own"));
    }

    @Test
    void whatIsAdoptedIsDurableWhoeverWroteIt() throws Exception {
        wal.adopt(List.of(FIRST, SECOND), 4);
        assertThat(Logs.contents(wal)).containsExactly("a", "b", "c", "d");
        try (Wal after = Wal.open(FaultyStorage.of(storage.durable()), Logs.inline())) {
            assertThat(Logs.contents(after)).containsExactly("a", "b", "c", "d");
        }
    }
}
