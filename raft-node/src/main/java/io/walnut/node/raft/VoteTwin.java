package io.walnut.node.raft;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * Our checksummed copy of term and vote, with the identity of the member it belongs to. File {@code votes}:
 *
 * <pre>
 *  0        4        8                24        28       36       40         40+n
 *  +--------+--------+----------------+---------+--------+--------+----------+-- - -
 *  | CRC32C | "WVT1" | group id       | peer id | term   | length | vote for | previous: term, length, vote for
 *  |        |        | 16 bytes       | (str)   | 8      | 4      | n bytes  |
 *  +--------+--------+----------------+---------+--------+--------+----------+-- - -
 * </pre>
 *
 * Little endian; a string is its length in bytes (u32) and UTF-8. The CRC covers everything after itself.
 *
 * @param previous what Ratis's own file held when this was written. It tells a crash between the writes of the two
 *     copies from damage.
 */
record VoteTwin(UUID groupId, String peerId, Vote current, Vote previous) {
    private static final int MAGIC = 0x31545657; // "WVT1"
    private static final int MAX_STRING_BYTES = 1024;

    ByteBuffer encode() {
        byte[] peer = utf8(peerId);
        byte[] now = utf8(current.votedFor());
        byte[] before = utf8(previous.votedFor());
        ByteBuffer bytes = ByteBuffer.allocate(4 + 4 + 16 + 4 + peer.length + 2 * (8 + 4) + now.length + before.length)
                .order(ByteOrder.LITTLE_ENDIAN);
        bytes.position(4);
        bytes.putInt(MAGIC).putLong(groupId.getMostSignificantBits()).putLong(groupId.getLeastSignificantBits());
        bytes.putInt(peer.length).put(peer);
        bytes.putLong(current.term()).putInt(now.length).put(now);
        bytes.putLong(previous.term()).putInt(before.length).put(before);
        bytes.putInt(0, crc(bytes.duplicate().position(4).limit(bytes.capacity())));
        return bytes.flip();
    }

    /** Empty when the bytes are not what {@link #encode} wrote. */
    static Optional<VoteTwin> decode(ByteBuffer file) {
        ByteBuffer bytes = file.slice().order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.remaining() < 8 || bytes.getInt() != crc(bytes.duplicate()) || bytes.getInt() != MAGIC) {
            return Optional.empty();
        }
        UUID group = new UUID(bytes.getLong(), bytes.getLong());
        String peer = string(bytes);
        Vote current = new Vote(bytes.getLong(), string(bytes));
        Vote previous = new Vote(bytes.getLong(), string(bytes));
        return Optional.of(new VoteTwin(group, peer, current, previous));
    }

    private static byte[] utf8(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > MAX_STRING_BYTES) {
            throw new IllegalArgumentException("peer id of " + bytes.length + " bytes is too long");
        }
        return bytes;
    }

    private static String string(ByteBuffer bytes) {
        byte[] text = new byte[bytes.getInt()];
        bytes.get(text);
        return new String(text, StandardCharsets.UTF_8);
    }

    private static int crc(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }
}
