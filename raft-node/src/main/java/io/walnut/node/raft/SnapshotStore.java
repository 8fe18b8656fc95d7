package io.walnut.node.raft;

import io.walnut.wal.Checkpoint;
import io.walnut.wal.Wal;
import java.io.File;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.statemachine.SnapshotRetentionPolicy;
import org.apache.ratis.statemachine.StateMachineStorage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The snapshots of a member, in its group directory:
 *
 * <pre>
 *   snapshots/TERM-INDEX/image        the state ({@link SnapshotImage})
 *   snapshots/TERM-INDEX/*.seg        hard links to the WAL segments that were live
 *   building/                         a snapshot being taken
 *   incoming/snapshot-REQUEST/...     a snapshot being received; Ratis writes here
 *   replaced/                         the snapshots before an installation, until the new one is durable
 * </pre>
 *
 * <p>To install, Ratis renames {@code incoming/snapshot-REQUEST} to {@code snapshots} and deletes what was there, without
 * a sync. So {@link #beforeInstall} first makes the received files durable and moves the old directory aside, and
 * {@link #installed} drops that only when the WAL has taken the new segments over. A crash at any point between leaves
 * one valid snapshot at least, and {@link #open} finds it.
 *
 * <p>Thread-safe; taking, installing and cleaning up exclude each other.
 */
final class SnapshotStore implements StateMachineStorage, SnapshotSource {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotStore.class);

    private record Snapshot(Path directory, SnapshotImage image, Info info) {
        static Snapshot of(Path directory, SnapshotImage image) {
            List<FileInfo> files = new ArrayList<>();
            files.add(new FileInfo(directory.resolve(SnapshotImage.FILE_NAME).toAbsolutePath(), null));
            image.segments()
                    .forEach(name ->
                            files.add(new FileInfo(directory.resolve(name).toAbsolutePath(), null)));
            // The state's image may be large, and is needed only to start from.
            SnapshotImage head = new SnapshotImage(
                    image.term(),
                    image.index(),
                    image.neededLsn(),
                    image.configuration(),
                    image.segments(),
                    ByteBuffer.allocate(0));
            return new Snapshot(
                    directory, head, new Info(TermIndex.valueOf(image.term(), image.index()), List.copyOf(files)));
        }

        long index() {
            return image.index();
        }
    }

    private record Info(TermIndex termIndex, List<FileInfo> files) implements SnapshotInfo {
        @Override
        public TermIndex getTermIndex() {
            return termIndex;
        }

        @Override
        public List<FileInfo> getFiles() {
            return files;
        }
    }

    private final Path group;
    private final Path snapshots;
    private final Path building;
    private final Path incoming;
    private final Path replaced;

    /** Valid snapshots, newest first. */
    private volatile List<Snapshot> valid = List.of();

    /** What was found damaged; it goes when there is a valid one. Guarded by this. */
    private List<Path> unusable = List.of();

    /** Completed when the log has taken over the snapshot that was installed last. */
    private volatile CompletableFuture<@Nullable Void> takenOver = CompletableFuture.completedFuture(null);

    /** To be opened before anything else is asked of it; Ratis holds it before that. */
    SnapshotStore(Path group) {
        this.group = group;
        this.snapshots = group.resolve("snapshots");
        this.building = group.resolve("building");
        this.incoming = group.resolve("incoming");
        this.replaced = group.resolve("replaced");
    }

    /** Finds the valid snapshots and removes what a crash left unfinished. */
    synchronized void open() throws IOException {
        DurableFiles.deleteTree(building);
        DurableFiles.deleteTree(incoming);
        for (Path directory : subdirectories(group)) {
            // What Ratis set aside during an installation and did not come to delete.
            if (directory.getFileName().toString().startsWith("snapshots.")) {
                DurableFiles.deleteTree(directory);
            }
        }
        Files.createDirectories(snapshots);
        bringBackReplaced();
        rescan();
    }

    /** A crash during an installation: what it replaced is valid still, and may be all there is. */
    private void bringBackReplaced() throws IOException {
        for (Path directory : subdirectories(replaced)) {
            Path back = snapshots.resolve(directory.getFileName());
            if (!Files.exists(back)) {
                Files.move(directory, back, StandardCopyOption.ATOMIC_MOVE);
            }
        }
        DurableFiles.deleteTree(replaced);
        DurableFiles.syncDirectory(snapshots);
        DurableFiles.syncDirectory(group);
    }

    private void rescan() throws IOException {
        List<Snapshot> found = new ArrayList<>();
        List<Path> damaged = new ArrayList<>();
        for (Path directory : subdirectories(snapshots)) {
            try {
                found.add(Snapshot.of(directory, SnapshotImage.read(directory.resolve(SnapshotImage.FILE_NAME))));
            } catch (IOException e) {
                LOG.warn("snapshot={} is not usable and is passed over", directory, e);
                damaged.add(directory);
            }
        }
        found.sort(Comparator.comparingLong(Snapshot::index).reversed());
        valid = List.copyOf(found);
        unusable = List.copyOf(damaged);
    }

    /**
     * Takes a snapshot at {@code at}; everything up to there must be durable in the WAL. Durable and published on return.
     *
     * @param configuration the serialized configuration entry in force, may be empty
     */
    synchronized void take(TermIndex at, ByteBuffer configuration, ReplicatedState state, Wal wal) throws IOException {
        if (latest().filter(at::equals).isPresent()) {
            return;
        }
        try {
            build(at, configuration, state, wal);
        } finally {
            // Where it failed: the links hold the space of segments that the log may have dropped.
            DurableFiles.deleteTree(building);
        }
    }

    private void build(TermIndex at, ByteBuffer configuration, ReplicatedState state, Wal wal) throws IOException {
        Path target = snapshots.resolve(at.getTerm() + "-" + at.getIndex());
        DurableFiles.deleteTree(target);
        Files.createDirectories(building);
        Checkpoint checkpoint = wal.checkpoint(building);
        long floor = Math.min(at.getIndex(), state.neededLsn());
        List<String> segments = new ArrayList<>();
        for (Checkpoint.CheckpointSegment segment : checkpoint.segments()) {
            if (segment.baseLsn() <= at.getIndex() && segment.endLsn() > floor) {
                segments.add(segment.path().getFileName().toString());
            } else {
                // A link would hold the space of a segment that is about to be trimmed.
                Files.delete(segment.path());
            }
        }
        SnapshotImage head = new SnapshotImage(
                at.getTerm(), at.getIndex(), state.neededLsn(), configuration, segments, ByteBuffer.allocate(0));
        SnapshotImage.write(building.resolve(SnapshotImage.FILE_NAME), head, state);
        DurableFiles.syncDirectory(building);
        Files.createDirectories(snapshots);
        Files.move(building, target, StandardCopyOption.ATOMIC_MOVE);
        DurableFiles.syncDirectory(snapshots);
        DurableFiles.syncDirectory(group);
        List<Snapshot> fresh = new ArrayList<>(valid);
        fresh.addFirst(Snapshot.of(target, head));
        valid = List.copyOf(fresh);
        unusable =
                unusable.stream().filter(directory -> !directory.equals(target)).toList();
    }

    /** Reads the state's image of the latest snapshot. */
    synchronized Optional<SnapshotImage> readLatest() throws IOException {
        return valid.isEmpty()
                ? Optional.empty()
                : Optional.of(SnapshotImage.read(valid.getFirst().directory.resolve(SnapshotImage.FILE_NAME)));
    }

    /**
     * To be called when all of a snapshot was received, right before Ratis publishes it. Called again when that did not come
     * about: what was moved aside is then all there is, and stays.
     */
    synchronized void beforeInstall() throws IOException {
        if (Files.exists(incoming)) {
            DurableFiles.syncTree(incoming);
        }
        if (takenOver.isDone()) {
            takenOver = new CompletableFuture<>();
        }
        if (Files.exists(snapshots)) {
            DurableFiles.deleteTree(replaced);
            Files.move(snapshots, replaced, StandardCopyOption.ATOMIC_MOVE);
            unusable = List.of(); // the names may be those of what is installed
        }
        DurableFiles.syncDirectory(group);
    }

    @Override
    public synchronized void afterInstall() throws IOException {
        DurableFiles.syncTree(snapshots);
        DurableFiles.syncDirectory(group);
        rescan();
    }

    @Override
    public synchronized void adoptInto(Wal wal) throws IOException {
        Snapshot latest = valid.getFirst();
        DurableFiles.syncTree(snapshots);
        DurableFiles.syncDirectory(group);
        wal.adopt(
                latest.image.segments().stream().map(latest.directory::resolve).toList(), latest.index() + 1);
        LOG.info(
                "snapshot={} adopted: {} segments",
                latest.directory,
                latest.image.segments().size());
    }

    @Override
    public void installed(@Nullable Throwable failure) {
        if (failure != null) {
            takenOver.completeExceptionally(failure);
            return;
        }
        try {
            synchronized (this) {
                DurableFiles.deleteTree(replaced);
                DurableFiles.deleteTree(incoming);
            }
            takenOver.complete(null);
        } catch (IOException e) {
            takenOver.completeExceptionally(e);
        }
    }

    /** Waits until {@link #installed} is told. */
    void awaitInstalled() throws IOException {
        try {
            takenOver.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("while the log took the installed snapshot over");
        } catch (ExecutionException e) {
            throw new IOException("the log has not taken the installed snapshot over", e.getCause());
        }
    }

    @Override
    public Optional<TermIndex> latest() {
        return valid.stream().findFirst().map(snapshot -> snapshot.info.termIndex);
    }

    @Override
    public Optional<LogEntryProto> configuration() throws IOException {
        ByteBuffer bytes = valid.isEmpty()
                ? ByteBuffer.allocate(0)
                : valid.getFirst().image.configuration();
        return bytes.hasRemaining() ? Optional.of(EntryBytes.decode(bytes)) : Optional.empty();
    }

    @Override
    public long trimFloor() {
        return valid.stream()
                .mapToLong(snapshot -> Math.min(snapshot.index(), snapshot.image.neededLsn()))
                .min()
                .orElse(0);
    }

    @Override
    public void init(RaftStorage storage) {
        // Opened before Ratis asks.
    }

    @Override
    public void format() {
        // Ratis formats what it knows of; a directory with a log of ours is refused by VoteStore.
    }

    @Override
    public @Nullable SnapshotInfo getLatestSnapshot() {
        List<Snapshot> now = valid;
        return now.isEmpty() ? null : now.getFirst().info;
    }

    @Override
    public synchronized void cleanupOldSnapshots(SnapshotRetentionPolicy policy) throws IOException {
        int keep = Math.max(1, policy.getNumSnapshotsRetained());
        List<Snapshot> old = valid.stream().skip(keep).toList();
        valid = valid.stream().limit(keep).toList();
        for (Snapshot snapshot : old) {
            DurableFiles.deleteTree(snapshot.directory);
        }
        if (!valid.isEmpty()) {
            for (Path directory : unusable) {
                DurableFiles.deleteTree(directory);
            }
            unusable = List.of();
        }
    }

    @Override
    public File getSnapshotDir() {
        return snapshots.toFile();
    }

    @Override
    public File getTmpDir() {
        return incoming.toFile();
    }

    private static List<Path> subdirectories(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return List.of();
        }
        try (Stream<Path> paths = Files.list(directory)) {
            return paths.filter(Files::isDirectory).toList();
        }
    }
}
