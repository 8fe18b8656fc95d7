package io.walnut.wal.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.format.Blocks;
import io.walnut.wal.format.FrameFormat;
import io.walnut.wal.format.InvalidBytesException;
import io.walnut.wal.io.ForwardingStorage;
import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * One of each kind of file, damaged everywhere: every bit flipped, every byte cut, every sector zeroed; in every build a part of
 * that. Each part of each file has its expected outcome; none is lost in silence.
 */
class DamageTest {
    private static final int SECTOR = 512;
    private static final int HEADER = 4096;
    private static final int STEP_IN_EVERY_BUILD = 23; // bits and bytes; odd, so that each bit of a byte has its turn

    @ParameterizedTest
    @EnumSource
    void damageIsFoundWhereverItIs(DamagedFile file) throws Exception {
        examine(file, STEP_IN_EVERY_BUILD);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("slow")
    void andInEveryBitAndByte(DamagedFile file) throws Exception {
        examine(file, 1);
    }

    private static void examine(DamagedFile file, int step) throws Exception {
        Damage damage = new Damage(file.make(), UnaryOperator.identity());
        long start = System.nanoTime();
        damage.flip(step);
        damage.zero(SECTOR);
        damage.cut(step);
        System.out.printf(
                "damage, %s: %d in %d ms, %s%n",
                file, damage.done(), (System.nanoTime() - start) / 1_000_000, damage.outcomes());
        assertThat(damage.violations()).isEmpty();
    }

    @Test
    void theHarnessFindsALogThatCutsWhereItShouldRefuse() throws Exception {
        Damage damage = new Damage(DamagedFile.ACTIVE.make(), CutsAtTheFirstBadFrame::new);
        damage.zero(SECTOR);
        assertThat(damage.violations()).isNotEmpty();
    }

    /** Shows a recovery no bytes behind the first bad frame of a tail: there is nothing to prove that they were durable. */
    private static final class CutsAtTheFirstBadFrame extends ForwardingStorage {
        CutsAtTheFirstBadFrame(Storage storage) {
            super(storage);
        }

        @Override
        protected StorageFile wrap(String name, StorageFile file) {
            return new ForwardingFile(file) {
                @Override
                public MemorySegment map(Arena arena, long position, long length) throws IOException {
                    MemorySegment copy = arena.allocate(length).copyFrom(super.map(arena, position, length));
                    boolean sealed = length % Blocks.BYTES != 0; // it ends in its trailer
                    if (name.endsWith(".seg") && !sealed && position == 0 && length > HEADER) {
                        copy.asSlice(firstBad(copy.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN)))
                                .fill((byte) 0);
                    }
                    return copy;
                }
            };
        }

        private static int firstBad(ByteBuffer bytes) {
            int at = HEADER;
            try {
                while (at < bytes.limit()) {
                    at += FrameFormat.read(bytes, at, bytes.limit() - at).length();
                }
            } catch (InvalidBytesException e) {
                return at;
            }
            return at;
        }
    }
}
