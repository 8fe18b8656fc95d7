package io.walnut.chaos.cluster;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A file system of its own in a file, mounted through a loop device, that can lose its power. Takes root. Not thread-safe. */
final class LoopDisk {
    /** In turn for the disks of a cluster. */
    static final List<String> FILE_SYSTEMS = List.of("ext4", "xfs");

    /** Of which the image takes as much as was ever written to. */
    private static final long BYTES = 16L << 30;

    private static final long BLOCK = 4096;
    private static final long FULL_BYTES = 1 << 20;
    private static final int UNMOUNT_TRIES = 100;
    private static final long UNMOUNT_EVERY_NANOS = 100_000_000;

    private final String fileSystem;
    private final Path image;
    private final Path mountPoint;

    private @Nullable String device;

    private LoopDisk(String fileSystem, Path image, Path mountPoint) {
        this.fileSystem = fileSystem;
        this.image = image;
        this.mountPoint = mountPoint;
    }

    /** A new one, mounted; both names must be new. */
    static LoopDisk make(String fileSystem, Path image, Path mountPoint) throws IOException {
        Files.createDirectories(mountPoint);
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(BYTES);
        }
        if (fileSystem.equals("xfs")) {
            Commands.run("mkfs.xfs", "-q", image.toString());
        } else {
            // Few inodes, and no blocks that are root's alone, which the nodes may be.
            Commands.run("mkfs." + fileSystem, "-q", "-F", "-m", "0", "-T", "largefile", image.toString());
        }
        LoopDisk disk = new LoopDisk(fileSystem, image, mountPoint);
        disk.mount();
        return disk;
    }

    Path directory() {
        return mountPoint;
    }

    private void mount() throws IOException {
        // A new device each time: should somebody still hold the file system as it was before a power cut, the old
        // device would
        // give that one back.
        device = Commands.run("losetup", "--find", "--show", image.toString());
        // Without the option discard: when ext4 is shut down it discards the blocks of files whose deletion is not
        // durable yet and
        // comes undone, which no power cut does.
        Commands.run("mount", "-t", fileSystem, device, mountPoint.toString());
    }

    /** From now on nothing comes to the disk; what the file system had only in memory, its own journal too, is lost. */
    void cutPower() throws IOException {
        PowerSwitch.off(mountPoint);
    }

    /**
     * Mounts it again after a power cut, which replays the journal; nobody may use it by then.
     *
     * @param back whether it shall be as it was {@link #keep kept}, if it was
     */
    void restorePower(boolean back) throws IOException {
        unmount(mountPoint.toString());
        if (device != null) {
            Commands.run("losetup", "--detach", device);
        }
        if (back && Files.exists(kept())) {
            Files.move(kept(), image, StandardCopyOption.REPLACE_EXISTING);
        }
        mount();
    }

    private Path kept() {
        return image.resolveSibling(image.getFileName() + ".kept");
    }

    /** Keeps aside what is on it now; who writes to it meanwhile is held up. */
    void keep() throws IOException {
        Commands.run("fsfreeze", "--freeze", mountPoint.toString());
        try {
            Commands.run("cp", "--sparse=always", "--reflink=auto", image.toString(), kept().toString());
        } finally {
            Commands.run("fsfreeze", "--unfreeze", mountPoint.toString());
        }
    }

    /** What was kept aside is not needed; nothing when there is none. */
    void dropKept() throws IOException {
        Files.deleteIfExists(kept());
    }

    /** Who was killed a moment ago may still hold a file. */
    static void unmount(String mountPoint) throws IOException {
        for (int i = 1; ; i++) {
            try {
                Commands.run("umount", mountPoint);
                return;
            } catch (IOException e) {
                if (i == UNMOUNT_TRIES) {
                    throw e;
                }
                LockSupport.parkNanos(UNMOUNT_EVERY_NANOS);
            }
        }
    }

    /** Of a harness that was killed while it kept it frozen. */
    static void thaw(String mountPoint) {
        try {
            Commands.run("fsfreeze", "--unfreeze", mountPoint);
        } catch (IOException e) {
            // It was not frozen.
        }
    }

    private Path ballast() {
        return mountPoint.resolve("ballast");
    }

    /** Takes all room, to the last block, in a file that is not Walnut's; the image does not grow by it. */
    void fill() throws IOException {
        Path ballast = ballast();
        long bytes = Files.exists(ballast) ? Files.size(ballast) : 0;
        for (long piece = room() / BLOCK * BLOCK; piece >= BLOCK; piece = piece / 2 / BLOCK * BLOCK) {
            while (allocate(ballast, bytes, piece)) {
                bytes += piece;
            }
        }
        if (room() > FULL_BYTES) {
            throw new IOException(
                    "the disk at " + mountPoint + " cannot be filled: " + room() + " bytes are free, still");
        }
        try (FileChannel file = FileChannel.open(ballast, StandardOpenOption.READ)) {
            file.force(true); // it stays after a power cut
        }
    }

    private long room() throws IOException {
        return Files.getFileStore(mountPoint).getUsableSpace();
    }

    private static boolean allocate(Path file, long from, long bytes) {
        try {
            Commands.run("fallocate", "-o", Long.toString(from), "-l", Long.toString(bytes), file.toString());
            return true;
        } catch (IOException e) {
            return false; // whether it was for want of room is looked at in the end
        }
    }

    /** Gives back what {@link #fill} took. */
    void free() throws IOException {
        Files.deleteIfExists(ballast());
    }
}
