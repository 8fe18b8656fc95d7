package io.walnut.wal.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableChannelsTest {
    @TempDir
    Path directory;

    private DurableChannels channels;

    @BeforeEach
    void ofAFile() throws Exception {
        channels = new DurableChannels(Files.createFile(directory.resolve("a")));
    }

    /** Else the one is told of the other's failure: SharedFailureTest shows it. */
    @Test
    void noTwoWritesInFlightHaveTheSame() throws Exception {
        FileChannel one = channels.take();
        FileChannel other = channels.take();
        assertThat(other).isNotSameAs(one);
        channels.giveBack(one);
        assertThat(channels.take()).isSameAs(one);
        channels.giveBack(other);
        channels.giveBack(one);
        channels.close();
        assertThat(one.isOpen() || other.isOpen()).isFalse();
    }

    @Test
    void oneThatAnInterruptClosedIsNotLentAgain() throws Exception {
        FileChannel broken = channels.take();
        broken.close();
        channels.giveBack(broken);
        FileChannel next = channels.take();
        assertThat(next.write(ByteBuffer.allocate(1), 0)).isOne();
        channels.giveBack(next);
        channels.close();
    }

    @Test
    void whatIsLentWhenAllAreClosedIsClosedWhenItComesBack() throws Exception {
        FileChannel lent = channels.take();
        channels.close();
        assertThat(lent.isOpen()).isTrue();
        channels.giveBack(lent);
        assertThat(lent.isOpen()).isFalse();
    }
}
