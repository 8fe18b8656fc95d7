package io.walnut.node.raft;

import io.walnut.wal.logs.BatchLocation;
import io.walnut.wal.logs.Command;
import io.walnut.wal.logs.Command.AppendItem;
import io.walnut.wal.logs.MalformedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Reads batches straight out of the WAL, verified there: the client's bytes with the client's checksum. An entry that holds
 * several batches of a log, as a busy leader makes them, is read once for those that are asked for one after the other. One
 * thread.
 */
public final class BatchReader {
    private final WalnutStateMachine stateMachine;
    private final long logId;
    private long entryLsn = -1;
    private List<AppendItem> entry = List.of();

    BatchReader(WalnutStateMachine stateMachine, long logId) {
        this.stateMachine = stateMachine;
        this.logId = logId;
    }

    /**
     * The batch that stands there.
     *
     * @throws IOException when the record cannot be read, because the log was trimmed meanwhile or because of a fault
     */
    public AppendItem read(BatchLocation location) throws IOException {
        if (location.lsn() != entryLsn) {
            entry = items(location.lsn());
            entryLsn = location.lsn();
        }
        if (location.slot() >= entry.size()) {
            throw new IOException("entry " + entryLsn + " holds no batch " + location.slot());
        }
        AppendItem item = entry.get(location.slot());
        // The index and the log agree by design; that they do not would else be an answer with another's records.
        if (item.logId() != logId || item.count() != location.count()) {
            throw new IOException("entry " + entryLsn + " holds " + item.count() + " records of log " + item.logId()
                    + " in slot " + location.slot() + ", expected " + location.count() + " of log " + logId);
        }
        return item;
    }

    private List<AppendItem> items(long lsn) throws IOException {
        ByteBuffer command = stateMachine.readCommand(lsn);
        try {
            if (Command.decode(command) instanceof Command.Append(long _, List<AppendItem> items)) {
                return items;
            }
        } catch (MalformedException e) {
            throw new IOException("entry " + lsn + " cannot be decoded", e);
        }
        throw new IOException("entry " + lsn + " holds no batches");
    }
}
