package io.walnut.node.raft;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.thirdparty.com.google.protobuf.CodedInputStream;
import org.apache.ratis.thirdparty.com.google.protobuf.CodedOutputStream;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;

/** An entry as the payload of a WAL record: the serialized {@code LogEntryProto}, nothing around it. */
final class EntryBytes {
    /** Fields of {@code LogEntryProto} and {@code StateMachineLogEntryProto} in Ratis's Raft.proto. */
    private static final int STATE_MACHINE_ENTRY = 3;

    private static final int LOG_DATA = 1;

    private static final int WIRE_VARINT = 0;
    private static final int WIRE_64_BIT = 1;
    private static final int WIRE_BYTES = 2;
    private static final int WIRE_32_BIT = 5;

    private EntryBytes() {}

    /** Fills {@code target}, which has exactly the serialized size. */
    static void encode(LogEntryProto entry, ByteBuffer target) {
        try {
            CodedOutputStream out = CodedOutputStream.newInstance(target);
            entry.writeTo(out);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("entry " + entry.getIndex() + " does not have its serialized size", e);
        }
    }

    /** The entry's bytes fields refer to {@code payload}, which must not change. */
    static LogEntryProto decode(ByteBuffer payload) throws IOException {
        CodedInputStream in = UnsafeByteOperations.unsafeWrap(payload).newCodedInput();
        in.enableAliasing(true);
        return LogEntryProto.parseFrom(in);
    }

    /**
     * The command inside a serialized entry, found without parsing the rest: field 3 of the entry (the state machine's
     * part), in it field 1 (its data).
     *
     * @return a slice of {@code entry}; empty when it holds no command (a configuration, a commit index)
     */
    static Optional<ByteBuffer> command(ByteBuffer entry) {
        return field(entry, STATE_MACHINE_ENTRY).flatMap(part -> field(part, LOG_DATA));
    }

    private static Optional<ByteBuffer> field(ByteBuffer message, int number) {
        ByteBuffer in = message.slice();
        while (in.hasRemaining()) {
            int key = (int) varint(in);
            switch (key & 7) {
                case WIRE_VARINT -> varint(in);
                case WIRE_BYTES -> {
                    int length = (int) varint(in);
                    if (key >>> 3 == number) {
                        return Optional.of(in.slice(in.position(), length));
                    }
                    in.position(in.position() + length);
                }
                case WIRE_64_BIT -> in.position(in.position() + Long.BYTES);
                case WIRE_32_BIT -> in.position(in.position() + Integer.BYTES);
                default -> throw new IllegalArgumentException("not an entry: wire type " + (key & 7));
            }
        }
        return Optional.empty();
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            byte next = in.get();
            value |= (next & 0x7fL) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("not an entry: endless varint");
    }
}
