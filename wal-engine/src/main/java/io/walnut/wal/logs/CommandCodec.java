package io.walnut.wal.logs;

import io.walnut.wal.logs.Command.Alter;
import io.walnut.wal.logs.Command.Append;
import io.walnut.wal.logs.Command.AppendItem;
import io.walnut.wal.logs.Command.CommitCursor;
import io.walnut.wal.logs.Command.Create;
import io.walnut.wal.logs.Command.Delete;
import io.walnut.wal.logs.Command.Fence;
import io.walnut.wal.logs.Command.Seal;
import io.walnut.wal.logs.Command.Trim;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The bytes of commands. Little endian:
 *
 * <pre>
 *  create         | 1 |  1 | timestamp i64 | name |
 *  seal           | 1 |  2 | log id u64 | name |
 *  trim           | 1 |  3 | log id u64 | before offset i64 | name |
 *  delete         | 1 |  4 | log id u64 | name |
 *  append         | 1 |  5 | timestamp i64 | items u32 | item ... |
 *  create with    | 1 |  6 | timestamp i64 | settings | name |
 *  append if      | 1 |  7 | timestamp i64 | all or none u8 | items u32 | condition item ... |
 *  alter          | 1 |  8 | log id u64 | settings | name |
 *  fence          | 1 |  9 | log id u64 | writer epoch i64 | name |
 *  commit cursor  | 1 | 10 | log id u64 | offset i64 | name | cursor name |
 *                   |   +- kind u8
 *                   +- version u8
 *
 *  item       log id u64 | producer id u64 | epoch u32 | sequence i64 | count i32 | crc32c u32 | length u32 | length bytes
 *  condition  expected offset i64 | writer epoch i64
 *  settings   age ms i64 | records i64 | bytes i64 | idle ms i64
 *  name       length u16 | UTF-8
 * </pre>
 */
final class CommandCodec {
    private static final int SETTINGS_BYTES = 4 * 8;
    private static final int CONDITION_BYTES = 8 + 8;

    private CommandCodec() {}

    static ByteBuffer encode(Command command) {
        return switch (command) {
            case Create create
            when create.settings().equals(LogSettings.KEEP_ALL) ->
                named(1, 8, create.name(), target -> target.putLong(create.timestampMs()));
            case Create create ->
                named(6, 8 + SETTINGS_BYTES, create.name(), target -> {
                    target.putLong(create.timestampMs());
                    put(target, create.settings());
                });
            case Seal seal -> named(2, 8, seal.name(), target -> target.putLong(seal.logId()));
            case Trim trim ->
                named(
                        3,
                        8 + 8,
                        trim.name(),
                        target -> target.putLong(trim.logId()).putLong(trim.beforeOffset()));
            case Delete delete -> named(4, 8, delete.name(), target -> target.putLong(delete.logId()));
            case Alter alter ->
                named(8, 8 + SETTINGS_BYTES, alter.name(), target -> {
                    target.putLong(alter.logId());
                    put(target, alter.settings());
                });
            case Fence fence ->
                named(
                        9,
                        8 + 8,
                        fence.name(),
                        target -> target.putLong(fence.logId()).putLong(fence.epoch()));
            case CommitCursor commit -> {
                byte[] name = Bytes.text(commit.name());
                byte[] cursor = Bytes.text(commit.cursor());
                ByteBuffer target = allocate(10, 8 + 8 + 2 + name.length + 2 + cursor.length)
                        .putLong(commit.logId())
                        .putLong(commit.offset());
                Bytes.putString(target, name);
                Bytes.putString(target, cursor);
                yield target.flip();
            }
            case Append append -> append(append);
        };
    }

    private interface Fields {
        void putTo(ByteBuffer target);
    }

    private static ByteBuffer named(int kind, int bytes, String name, Fields fields) {
        byte[] text = Bytes.text(name);
        ByteBuffer target = allocate(kind, bytes + 2 + text.length);
        fields.putTo(target);
        Bytes.putString(target, text);
        return target.flip();
    }

    private static ByteBuffer append(Append append) {
        boolean conditions = append.allOrNone();
        int bytes = 8 + 1 + 4;
        for (AppendItem item : append.items()) {
            conditions |= item.hasConditions();
            int itemBytes = CONDITION_BYTES + Command.ITEM_OVERHEAD_BYTES;
            bytes = Math.addExact(bytes, itemBytes + item.bytes().remaining());
        }
        if (!conditions) {
            bytes -= 1 + append.items().size() * CONDITION_BYTES;
        }
        ByteBuffer target = allocate(conditions ? 7 : 5, bytes).putLong(append.timestampMs());
        if (conditions) {
            target.put((byte) (append.allOrNone() ? 1 : 0));
        }
        target.putInt(append.items().size());
        for (AppendItem item : append.items()) {
            if (conditions) {
                target.putLong(item.expectedOffset()).putLong(item.writerEpoch());
            }
            target.putLong(item.logId())
                    .putLong(item.producerId())
                    .putInt(item.producerEpoch())
                    .putLong(item.sequence())
                    .putInt(item.count())
                    .putInt(item.crc32c())
                    .putInt(item.bytes().remaining())
                    .put(item.bytes().duplicate());
        }
        return target.flip();
    }

    private static ByteBuffer allocate(int kind, int bytes) {
        return ByteBuffer.allocate(Math.addExact(2, bytes))
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) Command.VERSION)
                .put((byte) kind);
    }

    private static void put(ByteBuffer target, LogSettings settings) {
        target.putLong(settings.maxAgeMs())
                .putLong(settings.maxRecords())
                .putLong(settings.maxBytes())
                .putLong(settings.idleSealMs());
    }

    static Command decode(ByteBuffer source) throws MalformedException {
        return Bytes.decode("command", source, CommandCodec::decode);
    }

    private static Command decode(Bytes bytes) throws MalformedException {
        int version = bytes.u8();
        int kind = bytes.u8();
        if (version != Command.VERSION) {
            throw new MalformedException("command: version " + version + ", this program knows " + Command.VERSION);
        }
        long first = bytes.i64(); // a timestamp or a log's id
        return switch (kind) {
            case 1 -> new Create(first, bytes.string());
            case 2 -> new Seal(bytes.string(), first);
            case 3 -> {
                long beforeOffset = bytes.i64();
                yield new Trim(bytes.string(), first, beforeOffset);
            }
            case 4 -> new Delete(bytes.string(), first);
            case 5 -> new Append(first, items(bytes, false), false);
            case 6 -> {
                LogSettings settings = settings(bytes);
                yield new Create(first, bytes.string(), settings);
            }
            case 7 -> {
                boolean allOrNone = flag(bytes);
                yield new Append(first, items(bytes, true), allOrNone);
            }
            case 8 -> {
                LogSettings settings = settings(bytes);
                yield new Alter(bytes.string(), first, settings);
            }
            case 9 -> {
                long epoch = bytes.i64();
                if (epoch < 1) {
                    throw new MalformedException("fence command: writer epoch " + epoch + ", expected 1 or more");
                }
                yield new Fence(bytes.string(), first, epoch);
            }
            case 10 -> {
                long offset = bytes.i64();
                String name = bytes.string();
                yield new CommitCursor(name, first, bytes.string(), offset);
            }
            default -> throw new MalformedException("command: kind " + kind + " is unknown");
        };
    }

    private static boolean flag(Bytes bytes) throws MalformedException {
        int flag = bytes.u8();
        if (flag > 1) {
            throw new MalformedException("append command: all or none is " + flag + ", expected 0 or 1");
        }
        return flag == 1;
    }

    private static LogSettings settings(Bytes bytes) throws MalformedException {
        try {
            return new LogSettings(bytes.i64(), bytes.i64(), bytes.i64(), bytes.i64());
        } catch (IllegalArgumentException e) {
            throw new MalformedException("command: " + e.getMessage());
        }
    }

    private static List<AppendItem> items(Bytes bytes, boolean conditions) throws MalformedException {
        int count = bytes.i32();
        int overhead = Command.ITEM_OVERHEAD_BYTES + (conditions ? CONDITION_BYTES : 0);
        if (count < 1 || count > bytes.remaining() / overhead) {
            throw new MalformedException("append command: " + count + " items in " + bytes.remaining() + " bytes");
        }
        var items = new ArrayList<AppendItem>(count);
        for (int i = 0; i < count; i++) {
            long expectedOffset = conditions ? bytes.i64() : Command.ANY_OFFSET;
            long writerEpoch = conditions ? bytes.i64() : Command.NO_EPOCH;
            var item = new AppendItem(
                    bytes.i64(),
                    bytes.i64(),
                    bytes.i32(),
                    bytes.i64(),
                    bytes.i32(),
                    bytes.i32(),
                    bytes.view(),
                    expectedOffset,
                    writerEpoch);
            if (item.count() < 1
                    || item.sequence() < 0
                    || expectedOffset < Command.ANY_OFFSET
                    || writerEpoch < Command.NO_EPOCH) {
                throw new MalformedException("append item: count " + item.count() + ", sequence " + item.sequence()
                        + ", expected offset " + expectedOffset + ", writer epoch " + writerEpoch);
            }
            items.add(item);
        }
        return items;
    }
}
