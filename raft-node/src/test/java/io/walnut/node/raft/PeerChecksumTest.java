package io.walnut.node.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.node.raft.PeerChecksum.Trailer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Random;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.thirdparty.com.google.protobuf.InvalidProtocolBufferException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PeerChecksumTest {
    private final Trailer trailer = new Trailer();

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5, 70_000})
    void aMessageComesBackAsItWasWritten(int length) throws IOException {
        byte[] message = new byte[length];
        new Random(length).nextBytes(message);
        byte[] sent = encoded(message);
        assertThat(sent).hasSize(length + 5);
        assertThat(decoded(sent)).isEqualTo(message);
    }

    @Test
    void eachFlippedBitAndEachCutIsFound() throws IOException {
        byte[] message = new byte[40];
        new Random(1).nextBytes(message);
        byte[] sent = encoded(message);
        for (int bit = 0; bit < sent.length * Byte.SIZE; bit++) {
            byte[] altered = sent.clone();
            altered[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
            assertThatThrownBy(() -> decoded(altered))
                    .as("bit %d", bit)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("altered on its way");
        }
        for (int length = 0; length < sent.length; length++) {
            byte[] cut = Arrays.copyOf(sent, length);
            assertThatThrownBy(() -> decoded(cut)).as("%d bytes", length).isInstanceOf(IOException.class);
        }
    }

    /** The flag that says so may be altered, too. */
    @Test
    void whatIsTakenForNotEncodedIsNoMessage() throws IOException {
        byte[] message =
                RequestVoteRequestProto.newBuilder().setCandidateTerm(7).build().toByteArray();
        assertThat(RequestVoteRequestProto.parseFrom(message).getCandidateTerm())
                .isEqualTo(7);
        byte[] sent = encoded(message);
        assertThatThrownBy(() -> RequestVoteRequestProto.parseFrom(sent))
                .isInstanceOf(InvalidProtocolBufferException.class);
    }

    private byte[] encoded(byte[] message) throws IOException {
        ByteArrayOutputStream to = new ByteArrayOutputStream();
        try (OutputStream out = trailer.compress(to)) {
            int half = message.length / 2;
            out.write(message, 0, half);
            if (half < message.length) {
                out.write(message[half]);
                out.write(message, half + 1, message.length - half - 1);
            }
        }
        return to.toByteArray();
    }

    private byte[] decoded(byte[] sent) throws IOException {
        return trailer.decompress(new ByteArrayInputStream(sent)).readAllBytes();
    }
}
