package io.walnut.wal.logs;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** What came of a command; the same on every replica. */
public sealed interface Result {
    /** The log after a create, seal, trim or delete. */
    record Done(LogInfo log) implements Result {}

    /** The command was refused and changed nothing. */
    record Rejected(Rejection rejection) implements Result {}

    /** One outcome for each item of an append command, in its order. */
    record Appends(List<AppendOutcome> outcomes) implements Result {
        public Appends {
            outcomes = List.copyOf(outcomes);
        }
    }

    /** What came of one item of an append command. */
    sealed interface AppendOutcome {}

    /**
     * The batch is in the log.
     *
     * @param duplicate it was appended before; offsets and time are those of the first time
     */
    record Appended(long firstOffset, long nextOffset, long timestampMs, boolean duplicate) implements AppendOutcome {}

    /** The batch is not in the log. */
    record NotAppended(Rejection rejection) implements AppendOutcome {}

    /** Why something was refused. The codes stand in results on the wire. */
    enum Reason {
        LOG_NOT_FOUND(1),
        LOG_EXISTS(2),
        LOG_SEALED(3),
        OFFSET_BEYOND_END(4),
        INVALID_NAME(5),
        OUT_OF_SEQUENCE(6),
        FENCED(7),
        MALFORMED(8),
        OFFSET_MISMATCH(9),
        ABORTED(10),
        TOO_MANY_CURSORS(11);

        private final int code;

        Reason(int code) {
            this.code = code;
        }

        private static Reason of(int code) throws MalformedException {
            for (Reason reason : values()) {
                if (reason.code == code) {
                    return reason;
                }
            }
            throw new MalformedException("result: reason " + code + " is unknown");
        }
    }

    /**
     * A refusal.
     *
     * @param startOffset start of the log, or 0 when there is none
     * @param endOffset end of the log, or 0 when there is none
     * @param expected OUT_OF_SEQUENCE: the sequence that would be accepted; FENCED: the epoch that holds; OFFSET_MISMATCH: where
     *     the log ends
     */
    record Rejection(Reason reason, String message, long startOffset, long endOffset, long expected) {}

    /** The result in its own buffer, ready to be read. */
    default ByteBuffer encode() {
        return switch (this) {
            case Done(LogInfo log) -> {
                byte[] name = Bytes.text(log.name());
                ByteBuffer target = allocate(1, 41 + 2 + name.length)
                        .putLong(log.id())
                        .putLong(log.startOffset())
                        .putLong(log.endOffset())
                        .put((byte) (log.sealed() ? 1 : 0))
                        .putLong(log.createdMs())
                        .putLong(log.lastAppendMs());
                Bytes.putString(target, name);
                yield target.flip();
            }
            case Rejected(Rejection rejection) -> {
                ByteBuffer target = allocate(2, size(rejection));
                put(target, rejection);
                yield target.flip();
            }
            case Appends(List<AppendOutcome> outcomes) -> {
                int bytes = 4;
                for (AppendOutcome outcome : outcomes) {
                    bytes += switch (outcome) {
                        case Appended _ -> 1 + 24 + 1;
                        case NotAppended(Rejection rejection) -> 1 + size(rejection);
                    };
                }
                ByteBuffer target = allocate(3, bytes).putInt(outcomes.size());
                for (AppendOutcome outcome : outcomes) {
                    switch (outcome) {
                        case Appended(long first, long next, long timestampMs, boolean duplicate) ->
                            target.put((byte) 1)
                                    .putLong(first)
                                    .putLong(next)
                                    .putLong(timestampMs)
                                    .put((byte) (duplicate ? 1 : 0));
                        case NotAppended(Rejection rejection) -> {
                            target.put((byte) 2);
                            put(target, rejection);
                        }
                    }
                }
                yield target.flip();
            }
        };
    }

    static Result decode(ByteBuffer source) throws MalformedException {
        return Bytes.decode("result", source, bytes -> {
            int kind = bytes.u8();
            return switch (kind) {
                case 1 -> {
                    long id = bytes.i64();
                    long start = bytes.i64();
                    long end = bytes.i64();
                    boolean sealed = bytes.u8() == 1;
                    long created = bytes.i64();
                    long last = bytes.i64();
                    yield new Done(new LogInfo(id, bytes.string(), start, end, sealed, created, last));
                }
                case 2 -> new Rejected(rejection(bytes));
                case 3 -> {
                    int count = bytes.i32();
                    if (count < 0 || count > bytes.remaining()) {
                        throw new MalformedException(
                                "result: " + count + " outcomes in " + bytes.remaining() + " bytes");
                    }
                    var outcomes = new ArrayList<AppendOutcome>(count);
                    for (int i = 0; i < count; i++) {
                        outcomes.add(outcome(bytes));
                    }
                    yield new Appends(outcomes);
                }
                default -> throw new MalformedException("result: kind " + kind + " is unknown");
            };
        });
    }

    private static AppendOutcome outcome(Bytes bytes) throws MalformedException {
        int kind = bytes.u8();
        return switch (kind) {
            case 1 -> new Appended(bytes.i64(), bytes.i64(), bytes.i64(), bytes.u8() == 1);
            case 2 -> new NotAppended(rejection(bytes));
            default -> throw new MalformedException("result: outcome of kind " + kind + " is unknown");
        };
    }

    private static ByteBuffer allocate(int kind, int bytes) {
        return ByteBuffer.allocate(1 + bytes).order(ByteOrder.LITTLE_ENDIAN).put((byte) kind);
    }

    private static int size(Rejection rejection) {
        return 1 + 24 + 2 + Bytes.text(rejection.message).length;
    }

    private static void put(ByteBuffer target, Rejection rejection) {
        target.put((byte) rejection.reason.code)
                .putLong(rejection.startOffset)
                .putLong(rejection.endOffset)
                .putLong(rejection.expected);
        Bytes.putString(target, Bytes.text(rejection.message));
    }

    private static Rejection rejection(Bytes bytes) throws MalformedException {
        Reason reason = Reason.of(bytes.u8());
        long start = bytes.i64();
        long end = bytes.i64();
        long expected = bytes.i64();
        return new Rejection(reason, bytes.string(), start, end, expected);
    }
}
