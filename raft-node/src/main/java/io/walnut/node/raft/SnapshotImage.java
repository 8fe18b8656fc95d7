package io.walnut.node.raft;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;

/**
 * The file {@code image} of a snapshot:
 *
 * <pre>
 *  "WSN1" | term u64 | index u64 | needed LSN u64
 *         | configuration: length u32, LogEntryProto
 *         | segments: count u32, then each: name length u16, name; ascending
 *         | state: the rest but for 4 bytes
 *         | CRC32C u32 over everything before it
 * </pre>
 *
 * Big endian.
 *
 * @param neededLsn lowest LSN that the state needs, {@code Long.MAX_VALUE} when it needs none
 * @param configuration the serialized configuration entry in force; empty when none was applied yet
 * @param segments names of the WAL segments beside the image, in LSN order
 * @param state the state's own image
 */
record SnapshotImage(
        long term, long index, long neededLsn, ByteBuffer configuration, List<String> segments, ByteBuffer state) {
    static final String FILE_NAME = "image";
    private static final int MAGIC = 0x57534e31; // "WSN1"
    private static final int BUFFER_BYTES = 1 << 16;

    SnapshotImage {
        segments = List.copyOf(segments);
    }

    /** Writes what is before the state's image, then lets {@code state} write itself. Synced on return. */
    static void write(Path file, SnapshotImage head, ReplicatedState state) throws IOException {
        CRC32C crc = new CRC32C();
        try (OutputStream raw = new BufferedOutputStream(
                Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), BUFFER_BYTES)) {
            DataOutputStream out = new DataOutputStream(new CheckedOutputStream(raw, crc));
            out.writeInt(MAGIC);
            out.writeLong(head.term);
            out.writeLong(head.index);
            out.writeLong(head.neededLsn);
            byte[] configuration = bytes(head.configuration);
            out.writeInt(configuration.length);
            out.write(configuration);
            out.writeInt(head.segments.size());
            for (String segment : head.segments) {
                byte[] name = segment.getBytes(StandardCharsets.UTF_8);
                out.writeShort(name.length);
                out.write(name);
            }
            state.save(out);
            out.flush();
            new DataOutputStream(raw).writeInt((int) crc.getValue());
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    /** Reads and verifies. Throws IOException when the file is not what {@link #write} wrote. */
    static SnapshotImage read(Path file) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file));
        int end = in.limit() - Integer.BYTES;
        if (end < Integer.BYTES || in.getInt(end) != crc(in.slice(0, end)) || in.getInt() != MAGIC) {
            throw new IOException(file + ": the checksum of the snapshot does not match, or it is no snapshot");
        }
        in.limit(end);
        long term = in.getLong();
        long index = in.getLong();
        long neededLsn = in.getLong();
        ByteBuffer configuration = take(in, in.getInt());
        int count = in.getInt();
        List<String> segments = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            segments.add(StandardCharsets.UTF_8
                    .decode(take(in, Short.toUnsignedInt(in.getShort())))
                    .toString());
        }
        return new SnapshotImage(
                term, index, neededLsn, configuration, segments, in.slice().asReadOnlyBuffer());
    }

    private static ByteBuffer take(ByteBuffer in, int length) {
        ByteBuffer part = in.slice(in.position(), length).asReadOnlyBuffer();
        in.position(in.position() + length);
        return part;
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    private static int crc(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }
}
