package io.walnut.wal;

import io.walnut.wal.io.DurableWriteException;
import io.walnut.wal.io.DurableWrites;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The durable writes of the log's own thread, which has the next on its way while earlier ones are. For that thread only; called
 * with the mutex, which is released for what takes long.
 */
final class WritePipeline {
    private final LogState state;
    private final GroupWriter writer;
    private final DurableWrites writes;
    private final @Nullable Group[] groups; // by token
    private int inFlight;

    WritePipeline(LogState state, GroupWriter writer, DurableWrites writes) {
        this.state = state;
        this.writer = writer;
        this.writes = writes;
        this.groups = new Group[state.options.writesInFlight()];
    }

    /** Ends a write or begins one; false when there is neither to do. */
    boolean step() throws WalException {
        boolean mayBegin = inFlight < groups.length && writer.mayWrite(false);
        if (inFlight > 0 && (!mayBegin || writes.ready())) {
            end();
        } else if (mayBegin) {
            begin();
        } else {
            return false;
        }
        return true;
    }

    private void begin() throws WalException {
        writer.letOthersJoin();
        Group group = state.groups.next();
        if (group == null || !writer.mayWrite(false)) {
            return;
        }
        writer.begin(group, true);
        Segment segment = Objects.requireNonNull(group.segment);
        int token = 0;
        while (groups[token] != null) {
            token++;
        }
        groups[token] = group;
        int free = token;
        boolean begun = false;
        try {
            writer.outside(segment, () -> {
                group.finish();
                writes.submit(segment.file(), group.toDisk(), group.diskPosition(), free);
            });
            begun = true;
        } finally {
            if (begun) {
                inFlight++;
            } else {
                writer.giveNews();
            }
        }
    }

    private void end() throws WalException {
        int token = -1;
        Throwable failure = null;
        state.mutex.unlock();
        try {
            token = writes.await();
        } catch (DurableWriteException e) {
            token = e.token();
            failure = e;
        } catch (IOException | RuntimeException | Error e) {
            failure = e;
        } finally {
            state.mutex.lock();
        }
        try {
            inFlight--;
            if (failure != null) {
                Segment segment = token < 0 ? state.active : Objects.requireNonNull(groups[token]).segment;
                throw writer.poison(Objects.requireNonNull(segment), failure);
            }
            Group group = Objects.requireNonNull(groups[token]);
            groups[token] = null;
            writer.end(group, System.nanoTime() - group.writeNanos);
        } finally {
            writer.giveNews();
        }
    }
}
