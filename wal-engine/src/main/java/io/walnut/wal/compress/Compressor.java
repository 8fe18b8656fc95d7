package io.walnut.wal.compress;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import net.jpountz.lz4.LZ4Compressor;

/** Makes bytes smaller. For one thread at a time. */
public sealed interface Compressor extends AutoCloseable {

    /** Its number on disk. */
    int codec();

    /** Most that {@code length} bytes can become. */
    int largest(int length);

    /** Puts what becomes of the first {@code length} bytes into {@code target} from {@code at} on, which has room for the {@link #largest}. */
    int compress(byte[] source, int length, byte[] target, int at);

    @Override
    void close();

    static Compressor lz4() {
        return new Lz4(Codec.lz4().fastCompressor());
    }

    static Compressor zstd(int level) {
        return new Zstandard(new ZstdCompressCtx().setLevel(level));
    }

    record Lz4(LZ4Compressor lz4) implements Compressor {
        @Override
        public int codec() {
            return Codec.LZ4;
        }

        @Override
        public int largest(int length) {
            return lz4.maxCompressedLength(length);
        }

        @Override
        public int compress(byte[] source, int length, byte[] target, int at) {
            return lz4.compress(source, 0, length, target, at);
        }

        @Override
        public void close() {}
    }

    record Zstandard(ZstdCompressCtx context) implements Compressor {
        @Override
        public int codec() {
            return Codec.ZSTD;
        }

        @Override
        public int largest(int length) {
            return Math.toIntExact(Zstd.compressBound(length));
        }

        @Override
        public int compress(byte[] source, int length, byte[] target, int at) {
            return context.compressByteArray(target, at, target.length - at, source, 0, length);
        }

        @Override
        public void close() {
            context.close();
        }
    }
}
