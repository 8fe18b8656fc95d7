package io.walnut.wal.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
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
    void whereNoMoreCanBeOpenedTheNextWriteWaitsForOne() throws Exception {
        FileChannel only = channels.take();
        Files.delete(directory.resolve("a"));
        CompletableFuture<FileChannel> next = waiting();
        channels.giveBack(only);
        assertThat(next.get(20, TimeUnit.SECONDS)).isSameAs(only);
        only.close();
        channels.giveBack(only);
        assertThatThrownBy(channels::take).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void nobodyWaitsForOneThatDoesNotComeBack() throws Exception {
        FileChannel only = channels.take();
        Files.delete(directory.resolve("a"));
        List<CompletableFuture<FileChannel>> all = List.of(waiting(), waiting());
        only.close();
        channels.giveBack(only);
        for (CompletableFuture<FileChannel> each : all) {
            assertThatThrownBy(() -> each.get(20, TimeUnit.SECONDS)).hasCauseInstanceOf(NoSuchFileException.class);
        }
    }

    /** Of a thread that waits now. */
    private CompletableFuture<FileChannel> waiting() {
        CompletableFuture<FileChannel> next = new CompletableFuture<>();
        Thread waits = Thread.ofPlatform().start(() -> {
            try {
                next.complete(channels.take());
            } catch (IOException e) {
                next.completeExceptionally(e);
            }
        });
        while (waits.getState() != Thread.State.WAITING && !next.isDone()) {
            Thread.onSpinWait();
        }
        return next;
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
