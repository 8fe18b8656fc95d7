package io.walnut.node.raft;

import io.walnut.wal.logs.LogIndex;
import io.walnut.wal.logs.MalformedException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** The named logs as the state of the group. */
final class LogsState implements ReplicatedState {
    private volatile LogIndex index = new LogIndex();

    /** The index now; another object after a snapshot was installed. */
    LogIndex index() {
        return index;
    }

    @Override
    public ByteBuffer apply(long lsn, ByteBuffer command) {
        return index.apply(lsn, command).encode();
    }

    @Override
    public long neededLsn() {
        return index.neededLsn();
    }

    @Override
    public void save(OutputStream out) throws IOException {
        index.save(out);
    }

    @Override
    public void load(ByteBuffer image) throws IOException {
        byte[] bytes = new byte[image.remaining()];
        image.get(bytes);
        try {
            index = LogIndex.load(new ByteArrayInputStream(bytes));
        } catch (MalformedException e) {
            throw new IOException("the image of the named logs: " + e.getMessage(), e);
        }
    }
}
