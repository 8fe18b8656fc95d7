package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.io.FaultyStorage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Background work for which there is no thread: changes of the segments wait for all that is under way, and it is not. */
class SegmentFilesTest {
    private final ExecutorService refusing = Executors.newSingleThreadExecutor();
    private LogState state;
    private SegmentFiles files;

    @BeforeEach
    void open() throws Exception {
        refusing.close();
        FaultyStorage storage = new FaultyStorage();
        state = new LogState(storage, Logs.threads(), new Recovery(storage, Logs.threads()).run());
        files = new SegmentFiles(state, refusing);
    }

    @Test
    void aSegmentThatNobodyPreparesIsNotWaitedFor() {
        locked(files::prepareAhead);

        assertThat(state.tasks).isZero();
        assertThat(state.preparing).isFalse();
        assertThat(state.prepareFailure).hasMessageContaining("no thread");
    }

    @Test
    void aSealingThatNobodyDoesIsToBeTriedAgain() {
        locked(files::sealFullInBackground);

        assertThat(state.tasks).isZero();
        assertThat(state.sealingBehind).isTrue();
    }

    private void locked(Runnable call) {
        state.mutex.lock();
        try {
            call.run();
        } finally {
            state.mutex.unlock();
        }
    }
}
