package io.walnut.node.raft;

import java.io.ByteArrayInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.apache.ratis.thirdparty.io.grpc.CallOptions;
import org.apache.ratis.thirdparty.io.grpc.Channel;
import org.apache.ratis.thirdparty.io.grpc.ClientCall;
import org.apache.ratis.thirdparty.io.grpc.ClientInterceptor;
import org.apache.ratis.thirdparty.io.grpc.Codec;
import org.apache.ratis.thirdparty.io.grpc.CompressorRegistry;
import org.apache.ratis.thirdparty.io.grpc.DecompressorRegistry;
import org.apache.ratis.thirdparty.io.grpc.ManagedChannelBuilder;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.MethodDescriptor;
import org.apache.ratis.thirdparty.io.grpc.ServerBuilder;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;

/**
 * A checksum of each message between nodes. TCP's 16 bits let some altered messages pass, and Raft believes what it is told: an entry
 * with a wrong byte would be stored and counted, an answer with a wrong index would commit what nobody has. A stream with such a
 * message breaks, and Ratis sends again.
 *
 * <p>gRPC has a place for it: an encoding of messages, as for compression. This one is a byte that begins no Protobuf message, the
 * message, and its CRC32C, 4 bytes, big-endian. The byte is for the flag before each message that says whether it is encoded, which
 * nothing else guards: what is taken for not encoded cannot be parsed. A node that does not know the encoding refuses the calls of
 * one that does. See ADR 19.
 */
final class PeerChecksum {
    /** A tag of field 0, which there is not, and wire type 7, which there is not either. */
    private static final int NO_MESSAGE = 7;

    private static final Codec CRC32C_TRAILER = new Trailer();
    private static final DecompressorRegistry KNOWN =
            DecompressorRegistry.getDefaultInstance().with(CRC32C_TRAILER, true);

    private PeerChecksum() {}

    /** Before the first channel is made. */
    static void register() {
        CompressorRegistry.getDefaultInstance().register(CRC32C_TRAILER);
    }

    /** A channel sends checksums, and verifies those of the answers. */
    static void send(ManagedChannelBuilder<?> builder) {
        builder.decompressorRegistry(KNOWN).intercept(new Requests());
    }

    /** A server for peers verifies checksums, and sends some to who sends some. */
    static void serve(ServerBuilder<?> builder) {
        builder.decompressorRegistry(KNOWN).intercept(new Answers());
    }

    private static final class Requests implements ClientInterceptor {
        @Override
        public <Q, R> ClientCall<Q, R> interceptCall(MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
            return next.newCall(method, options.withCompression(CRC32C_TRAILER.getMessageEncoding()));
        }
    }

    private static final class Answers implements ServerInterceptor {
        @Override
        public <Q, R> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
            call.setCompression(CRC32C_TRAILER.getMessageEncoding());
            return next.startCall(call, headers);
        }
    }

    /** The encoding. */
    static final class Trailer implements Codec {
        @Override
        public String getMessageEncoding() {
            return "walnut-crc32c";
        }

        @Override
        public OutputStream compress(OutputStream out) throws IOException {
            out.write(NO_MESSAGE);
            return new Writing(out);
        }

        @Override
        public InputStream decompress(InputStream in) throws IOException {
            int length = in.available() - 1 - Integer.BYTES; // gRPC has the message in memory
            if (length < 0 || in.read() != NO_MESSAGE) {
                throw new IOException(
                        "a message of a peer was altered on its way: it is not in the form that has a checksum");
            }
            byte[] message = in.readNBytes(length);
            CRC32C crc = new CRC32C();
            crc.update(message);
            int found = (int) crc.getValue();
            int sent = ByteBuffer.wrap(in.readNBytes(Integer.BYTES)).getInt();
            verify(found, sent);
            return new ByteArrayInputStream(message);
        }

        private static void verify(int found, int sent) throws IOException {
            if (found != sent) {
                throw new IOException(String.format(
                        "a message of a peer was altered on its way: its bytes have CRC32C %08x, its sender said %08x",
                        found, sent));
            }
        }
    }

    private static final class Writing extends FilterOutputStream {
        private final CRC32C crc = new CRC32C();

        Writing(OutputStream out) {
            super(out);
        }

        @Override
        public void write(int b) throws IOException {
            crc.update(b);
            out.write(b);
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            crc.update(bytes, from, length);
            out.write(bytes, from, length);
        }

        @Override
        public void close() throws IOException {
            out.write(ByteBuffer.allocate(Integer.BYTES)
                    .putInt((int) crc.getValue())
                    .array());
            super.close();
        }
    }
}
