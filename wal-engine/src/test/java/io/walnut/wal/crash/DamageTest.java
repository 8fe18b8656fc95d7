package io.walnut.wal.crash;

import static org.assertj.core.api.Assertions.assertThat;

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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every file of a small log damaged everywhere, after an orderly close and without one. */
class DamageTest {
    private static final int SECTOR = 512;
    private static final int CUT = 64;
    private static final int HEADER = 4096;

    @ParameterizedTest(name = "closed: {0}")
    @ValueSource(booleans = {true, false})
    void aFlippedBitIsNeverServed(boolean closed) throws Exception {
        Damage damage = new Damage(closed, UnaryOperator.identity());
        damage.flipEverywhere();
        examine("flips", closed, damage);
    }

    @ParameterizedTest(name = "closed: {0}")
    @ValueSource(booleans = {true, false})
    void aZeroedSectorIsNeverServed(boolean closed) throws Exception {
        Damage damage = new Damage(closed, UnaryOperator.identity());
        damage.zeroEverywhere(SECTOR);
        examine("zeroed sectors", closed, damage);
    }

    @ParameterizedTest(name = "closed: {0}")
    @ValueSource(booleans = {true, false})
    void aFileThatIsCutIsNeverServed(boolean closed) throws Exception {
        Damage damage = new Damage(closed, UnaryOperator.identity());
        damage.cut(CUT, name -> true);
        examine("cuts", closed, damage);
    }

    private static void examine(String what, boolean closed, Damage damage) {
        System.out.println("damage, " + what + (closed ? ", closed: " : ", not closed: ") + damage.outcomes());
        assertThat(damage.violations()).isEmpty();
        if (closed) {
            assertThat(damage.outcomes()).doesNotContainKey(Damage.Outcome.LAST_WRITE_LOST);
        }
    }

    @Test
    void theHarnessFindsALogThatCutsWhereItShouldRefuse() throws Exception {
        Damage damage = new Damage(false, CutsAtTheFirstBadFrame::new);
        damage.zeroEverywhere(SECTOR);
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
                    if (name.endsWith(".seg") && position == 0 && length > HEADER) {
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
