package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.format.SegmentHeader;
import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.segment.FrameIndex;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Background work for which there is no thread: changes of the segments wait for all that is under way, and it is not. */
class SegmentFilesTest {
    private final ExecutorService refusing = Executors.newSingleThreadExecutor();
    private final FaultyStorage storage = new FaultyStorage();
    private LogState state;
    private SegmentFiles files;

    @BeforeEach
    void open() throws Exception {
        refusing.close();
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

    /** A sync that fails tells one caller, and the group that waits for this segment has to be the one. */
    @Test
    void aSegmentThatTheNextGroupMakesDurableIsLeftToIt() throws Exception {
        Segment full = segment(0, 5);
        Segment active = segment(5, 7);
        state.segments = List.of(full, active);
        state.active = active;
        state.writtenLsn = 7;
        state.durableLsn = 4;

        files.sealFull();

        assertThat(full.sealed()).isFalse();

        state.durableLsn = 5;
        files.sealFull();

        assertThat(full.sealed()).isTrue();
        assertThat(active.sealed()).isFalse();
    }

    private Segment segment(long baseLsn, long endLsn) throws IOException {
        long id = state.nextSegmentId++;
        return new Segment(
                id, baseLsn, 1, storage.create(Segment.name(id)), FrameIndex.EMPTY, endLsn, SegmentHeader.BYTES);
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
