package io.walnut.chaos.fault;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;

/** What can happen to a file at rest. */
enum FileDamage {
    /** One bit of a place that holds data: not of the zeros after them, which nobody reads. */
    FLIP(1) {
        @Override
        List<Path> apply(List<Path> files, Random random) throws IOException {
            Path file = any(files, random);
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                ByteBuffer one = ByteBuffer.allocate(1);
                long at = 0;
                for (int attempt = 0; attempt < ATTEMPTS && one.get(0) == 0; attempt++) {
                    at = (long) (random.nextDouble() * channel.size());
                    channel.read(one.clear(), at);
                }
                one.put(0, (byte) (one.get(0) ^ (1 << random.nextInt(Byte.SIZE))));
                channel.write(one.flip(), at);
            }
            return List.of(file);
        }
    },
    /** The last part is gone. */
    CUT(1) {
        @Override
        List<Path> apply(List<Path> files, Random random) throws IOException {
            Path file = any(files, random);
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate((long) (random.nextDouble() * channel.size()));
            }
            return List.of(file);
        }
    },
    LOSE(1) {
        @Override
        List<Path> apply(List<Path> files, Random random) throws IOException {
            Path file = any(files, random);
            Files.delete(file);
            return List.of(file);
        }
    },
    SWAP(2) {
        @Override
        List<Path> apply(List<Path> files, Random random) throws IOException {
            Path one = any(files, random);
            Path other = any(files.stream().filter(file -> !file.equals(one)).toList(), random);
            Path aside = one.resolveSibling(one.getFileName() + ".swap");
            Files.move(one, aside);
            Files.move(other, one);
            Files.move(aside, other);
            return List.of(one, other);
        }
    };

    private static final int ATTEMPTS = 1_000;

    private final int files;

    FileDamage(int files) {
        this.files = files;
    }

    /** How many files it needs. */
    int files() {
        return files;
    }

    /** Does it to some of these files; returns which. */
    abstract List<Path> apply(List<Path> files, Random random) throws IOException;

    private static Path any(List<Path> files, Random random) {
        return files.get(random.nextInt(files.size()));
    }
}
