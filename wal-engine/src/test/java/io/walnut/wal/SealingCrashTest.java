package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.QuietLog;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Crashes at every operation while segments fill, are sealed behind the next one, and are listed. */
@ExtendWith(QuietLog.class)
class SealingCrashTest {
    private static final int RECORDS = 7;
    private static final int IMAGES = 24;
    private static final String LARGE = "x".repeat(10 << 10);

    @Test
    void nothingAcknowledgedIsLost() throws Exception {
        List<String> all = new ArrayList<>();
        for (int i = 0; i < RECORDS; i++) {
            all.add(i + LARGE);
        }
        for (long crashAt = 1; ; crashAt++) {
            FaultyStorage storage = new FaultyStorage();
            storage.crashAt(crashAt);
            int acknowledged = 0;
            boolean crashed = false;
            try {
                Wal wal = Wal.open(storage, Logs.inline());
                for (String record : all) {
                    wal.append(Logs.batch(record));
                    acknowledged++;
                }
                wal.truncateAfter(RECORDS - 2);
                wal.close();
            } catch (FaultyStorage.Crash e) {
                crashed = true;
            }
            for (Map<String, byte[]> image : storage.crashImages().choose(IMAGES, new Random(crashAt))) {
                try (Wal wal = Wal.open(FaultyStorage.of(image), Logs.inline())) {
                    List<String> found = Logs.contents(wal);
                    int least = acknowledged == RECORDS ? RECORDS - 1 : acknowledged;
                    assertThat(found.size()).as("crash at " + crashAt).isGreaterThanOrEqualTo(least);
                    assertThat(found).isEqualTo(all.subList(0, found.size()));
                }
            }
            if (!crashed) {
                return;
            }
        }
    }
}
