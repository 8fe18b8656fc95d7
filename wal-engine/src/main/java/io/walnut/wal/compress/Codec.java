package io.walnut.wal.compress;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;

/** How bytes were made smaller, by its number on disk. */
public final class Codec {
    /** LZ4, as one block without a frame of its own. */
    public static final int LZ4 = 1;

    /** Zstandard, as one frame. */
    public static final int ZSTD = 2;

    private Codec() {}

    /** Where native code is not allowed, or not there, LZ4 works without. */
    static LZ4Factory lz4() {
        return Lz4Holder.FACTORY;
    }

    private static final class Lz4Holder {
        private static final LZ4Factory FACTORY = LZ4Factory.class.getModule().isNativeAccessEnabled()
                ? LZ4Factory.fastestInstance()
                : LZ4Factory.safeInstance();
        private static final LZ4SafeDecompressor DECOMPRESSOR = FACTORY.safeDecompressor();
    }

    /**
     * Gets bytes back, which fill {@code target} up to {@code expected}, and no more.
     *
     * @return false when they are not such bytes
     */
    public static boolean decompress(int codec, byte[] source, int length, byte[] target, int expected) {
        try {
            return switch (codec) {
                case LZ4 -> Lz4Holder.DECOMPRESSOR.decompress(source, 0, length, target, 0, expected) == expected;
                case ZSTD -> Zstd.decompressByteArray(target, 0, expected, source, 0, length) == expected;
                default -> false;
            };
        } catch (LZ4Exception | ZstdException e) {
            return false;
        }
    }
}
