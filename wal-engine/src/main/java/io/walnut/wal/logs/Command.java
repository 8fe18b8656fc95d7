package io.walnut.wal.logs;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A change of the logs, as it stands in a WAL record. Little endian:
 *
 * <pre>
 *  create  | 1 | 1 | timestamp i64 | name |
 *  seal    | 1 | 2 | log id u64 | name |
 *  trim    | 1 | 3 | log id u64 | before offset i64 | name |
 *  delete  | 1 | 4 | log id u64 | name |
 *  append  | 1 | 5 | timestamp i64 | items u32 | item ... |
 *            |   +- kind u8                      item: log id u64 | producer id u64 | epoch u32 | sequence u64
 *            +- version u8                           | count u32 | crc32c u32 | length u32 | length bytes
 *  name    length u16 | UTF-8
 * </pre>
 */
public sealed interface Command {
    /** Creates a log. The time is the leader's, in milliseconds since the epoch. */
    record Create(long timestampMs, String name) implements Command {}

    /** In place of a log's id: whichever log has the name. With an id, a later log of the same name is left alone. */
    long ANY_LOG = 0;

    /** Ends a log: it takes no more appends. Sealing twice is no error. */
    record Seal(String name, long logId) implements Command {}

    /** Drops the records below {@code beforeOffset}. Trimming less than was trimmed is no error. */
    record Trim(String name, long logId, long beforeOffset) implements Command {}

    /** Drops a log with all of its records. */
    record Delete(String name, long logId) implements Command {}

    /** Appends batches to one or more logs. Each item succeeds or is rejected by itself. */
    record Append(long timestampMs, List<AppendItem> items) implements Command {
        public Append {
            items = List.copyOf(items);
        }
    }

    /**
     * One batch for one log.
     *
     * @param producerId 0 when the append is not deduplicated
     * @param producerEpoch unsigned
     * @param sequence records that this producer appended to this log before, in this epoch
     * @param count records in the batch, 1 or more
     * @param crc32c of {@code bytes}, by whoever encoded them
     * @param bytes the batch, opaque; a view, not a copy
     */
    record AppendItem(
            long logId, long producerId, int producerEpoch, long sequence, int count, int crc32c, ByteBuffer bytes) {}

    /** The only one there is. */
    int VERSION = 1;

    /** Bytes of an item beside its batch. */
    int ITEM_OVERHEAD_BYTES = 8 + 8 + 4 + 8 + 4 + 4 + 4;

    /** Bytes of an append command beside its items. */
    int APPEND_OVERHEAD_BYTES = 2 + 8 + 4;

    private static ByteBuffer allocate(int kind, int bytes) {
        return ByteBuffer.allocate(2 + bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) VERSION)
                .put((byte) kind);
    }

    /**
     * The command in its own buffer, ready to be read.
     *
     * @throws IllegalArgumentException when a name has more than 65,535 bytes; {@link LogName#problem} refuses those long before
     */
    default ByteBuffer encode() {
        return switch (this) {
            case Create(long timestampMs, String name) -> {
                byte[] text = Bytes.text(name);
                ByteBuffer target = allocate(1, 8 + 2 + text.length).putLong(timestampMs);
                Bytes.putString(target, text);
                yield target.flip();
            }
            case Seal(String name, long logId) -> named(2, logId, name);
            case Trim(String name, long logId, long beforeOffset) -> {
                byte[] text = Bytes.text(name);
                ByteBuffer target =
                        allocate(3, 8 + 8 + 2 + text.length).putLong(logId).putLong(beforeOffset);
                Bytes.putString(target, text);
                yield target.flip();
            }
            case Delete(String name, long logId) -> named(4, logId, name);
            case Append(long timestampMs, List<AppendItem> items) -> {
                int bytes = 8 + 4;
                for (AppendItem item : items) {
                    bytes = Math.addExact(
                            bytes, ITEM_OVERHEAD_BYTES + item.bytes().remaining());
                }
                ByteBuffer target = allocate(5, bytes).putLong(timestampMs).putInt(items.size());
                for (AppendItem item : items) {
                    target.putLong(item.logId)
                            .putLong(item.producerId)
                            .putInt(item.producerEpoch)
                            .putLong(item.sequence)
                            .putInt(item.count)
                            .putInt(item.crc32c)
                            .putInt(item.bytes.remaining())
                            .put(item.bytes.duplicate());
                }
                yield target.flip();
            }
        };
    }

    private static ByteBuffer named(int kind, long logId, String name) {
        byte[] text = Bytes.text(name);
        ByteBuffer target = allocate(kind, 8 + 2 + text.length).putLong(logId);
        Bytes.putString(target, text);
        return target.flip();
    }

    /** Reads a command; the batches of an append are views of {@code source}. */
    static Command decode(ByteBuffer source) throws MalformedException {
        return Bytes.decode("command", source, bytes -> {
            int version = bytes.u8();
            int kind = bytes.u8();
            if (version != VERSION) {
                throw new MalformedException("command: version " + version + ", this program knows " + VERSION);
            }
            return switch (kind) {
                case 1 -> new Create(bytes.i64(), bytes.string());
                case 2 -> {
                    long logId = bytes.i64();
                    yield new Seal(bytes.string(), logId);
                }
                case 3 -> {
                    long logId = bytes.i64();
                    long beforeOffset = bytes.i64();
                    yield new Trim(bytes.string(), logId, beforeOffset);
                }
                case 4 -> {
                    long logId = bytes.i64();
                    yield new Delete(bytes.string(), logId);
                }
                case 5 -> {
                    long timestampMs = bytes.i64();
                    int count = itemCount(bytes);
                    var items = new ArrayList<AppendItem>(count);
                    for (int i = 0; i < count; i++) {
                        items.add(item(bytes));
                    }
                    yield new Append(timestampMs, items);
                }
                default -> throw new MalformedException("command: kind " + kind + " is unknown");
            };
        });
    }

    private static int itemCount(Bytes bytes) throws MalformedException {
        int count = bytes.i32();
        if (count < 1 || count > bytes.remaining() / ITEM_OVERHEAD_BYTES) {
            throw new MalformedException("append command: " + count + " items in " + bytes.remaining() + " bytes");
        }
        return count;
    }

    private static AppendItem item(Bytes bytes) throws MalformedException {
        var item = new AppendItem(
                bytes.i64(), bytes.i64(), bytes.i32(), bytes.i64(), bytes.i32(), bytes.i32(), bytes.view());
        if (item.count < 1 || item.sequence < 0) {
            throw new MalformedException("append item: count " + item.count + ", sequence " + item.sequence);
        }
        return item;
    }
}
