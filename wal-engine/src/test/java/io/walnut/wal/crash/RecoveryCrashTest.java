package io.walnut.wal.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.Wal;
import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.segment.Segment;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A recovery that crashes after one that crashed. */
class RecoveryCrashTest {
    private static final int IMAGES = 64;

    /** The file of a copy that came not even to its first byte is no proof that somebody cut it. */
    @Test
    void theFileThatACrashedRecoveryBeganDoesNotStandInTheWayOfTheNext() throws Exception {
        LogModel written = LogModel.empty().with(List.of(new LogModel.Entry(1, "one")));
        FaultyStorage storage = new FaultyStorage();
        Wal.open(storage, Scenario.options()).append(Scenario.encode(written.records()));
        Map<String, byte[]> files = storage.contents();
        files.put(Segment.name(2), new byte[0]); // 1 is prepared
        for (long crashAt = 1; ; crashAt++) {
            FaultyStorage again = FaultyStorage.of(files);
            again.crashAt(crashAt);
            boolean crashed = false;
            try {
                Wal.open(again, Scenario.options());
            } catch (FaultyStorage.Crash e) {
                crashed = true;
            }
            for (Map<String, byte[]> image : again.crashImages().choose(IMAGES, new Random(crashAt))) {
                assertThat(Scenario.contents(Wal.open(FaultyStorage.of(image), Scenario.options())))
                        .as("crashed at " + crashAt)
                        .isEqualTo(written);
            }
            if (!crashed) {
                return;
            }
        }
    }
}
