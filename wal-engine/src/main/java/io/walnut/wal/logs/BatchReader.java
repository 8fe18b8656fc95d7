package io.walnut.wal.logs;

import io.walnut.wal.logs.Command.AppendItem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Reads batches of a log from where they were located: the writer's bytes with the writer's checksum. A command that holds several
 * of them is read once for those that are asked for one after the other. One thread.
 */
public final class BatchReader {
    private final Source source;
    private final long logId;
    private long commandLsn = -1;
    private int commandBytes;
    private List<AppendItem> items = List.of();

    /** Where the commands are. */
    public interface Source {
        /** The command at an LSN, as it was applied. Verified. */
        ByteBuffer readCommand(long lsn) throws IOException;
    }

    public BatchReader(Source source, long logId) {
        this.source = source;
        this.logId = logId;
    }

    /**
     * The batch that stands there. Keeps no more in memory than about twice its bytes.
     *
     * @throws IOException when the record cannot be read, because the WAL was trimmed meanwhile or because of a fault
     */
    public AppendItem read(BatchLocation location) throws IOException {
        if (location.lsn() != commandLsn) {
            items = items(location.lsn());
            commandLsn = location.lsn();
        }
        if (location.slot() >= items.size()) {
            throw new IOException("LSN " + commandLsn + " holds no batch " + location.slot());
        }
        AppendItem item = items.get(location.slot());
        // The index and the WAL agree by design; that they do not would else be an answer with another's records.
        if (item.logId() != logId || item.count() != location.count()) {
            throw new IOException("LSN " + commandLsn + " holds " + item.count() + " records of log " + item.logId()
                    + " in slot " + location.slot() + ", expected " + location.count() + " of log " + logId);
        }
        return item.bytes().remaining() < commandBytes / 2 ? alone(item) : item;
    }

    /** Who keeps a small batch must not keep the whole command in memory with it, which may be a thousand times as large. */
    private static AppendItem alone(AppendItem item) {
        ByteBuffer copy = ByteBuffer.allocate(item.bytes().remaining());
        copy.put(item.bytes().duplicate()).flip();
        return new AppendItem(
                item.logId(),
                item.producerId(),
                item.producerEpoch(),
                item.sequence(),
                item.count(),
                item.crc32c(),
                copy.asReadOnlyBuffer(),
                item.expectedOffset(),
                item.writerEpoch());
    }

    private List<AppendItem> items(long lsn) throws IOException {
        try {
            ByteBuffer command = source.readCommand(lsn);
            commandBytes = command.remaining();
            if (Command.decode(command) instanceof Command.Append append) {
                return append.items();
            }
        } catch (MalformedException e) {
            throw new IOException("LSN " + lsn + " cannot be decoded", e);
        }
        throw new IOException("LSN " + lsn + " holds no batches");
    }
}
