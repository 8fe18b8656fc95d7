package io.walnut.chaos.fault;

import io.walnut.chaos.cluster.Cluster;
import io.walnut.chaos.cluster.Cluster.Node;
import io.walnut.chaos.cluster.DataFiles;
import io.walnut.chaos.cluster.Processes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * A file of one node is damaged while the node does not run; then it is started, and may refuse. Healed by an empty disk.
 *
 * <p>Not thread-safe: a run has one nemesis.
 */
final class FileFault implements Fault {
    private final String name;
    private final FaultClass faultClass;
    private final NodeFiles files;
    private final FileDamage damage;
    private Optional<Node> hit = Optional.empty();

    private FileFault(String name, FaultClass faultClass, NodeFiles files, FileDamage damage) {
        this.name = name;
        this.faultClass = faultClass;
        this.files = files;
        this.damage = damage;
    }

    static List<Fault> all() {
        return List.of(
                new FileFault("rot-segment", FaultClass.BIT_ROT_LOG, NodeFiles.SEALED_SEGMENTS, FileDamage.FLIP),
                new FileFault("rot-vote", FaultClass.BIT_ROT_VOTE, NodeFiles.VOTES, FileDamage.FLIP),
                new FileFault("rot-snapshot", FaultClass.BIT_ROT_SNAPSHOT, NodeFiles.SNAPSHOTS, FileDamage.FLIP),
                new FileFault("rot-manifest", FaultClass.BIT_ROT_METADATA, NodeFiles.MANIFEST, FileDamage.FLIP),
                new FileFault("cut-segment", FaultClass.FILE_TRUNCATED, NodeFiles.SEALED_SEGMENTS, FileDamage.CUT),
                new FileFault("cut-vote", FaultClass.FILE_TRUNCATED, NodeFiles.VOTES, FileDamage.CUT),
                new FileFault("lose-segment", FaultClass.FILE_LOST, NodeFiles.SEALED_SEGMENTS, FileDamage.LOSE),
                new FileFault("lose-vote", FaultClass.FILE_LOST, NodeFiles.VOTES, FileDamage.LOSE),
                new FileFault("lose-manifest", FaultClass.FILE_LOST, NodeFiles.MANIFEST, FileDamage.LOSE),
                new FileFault("swap-segments", FaultClass.FILE_SWAPPED, NodeFiles.SEALED_SEGMENTS, FileDamage.SWAP));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public FaultClass faultClass() {
        return faultClass;
    }

    @Override
    public boolean possible(Cluster cluster) {
        return cluster.ability(Processes.class).isPresent()
                && cluster.ability(DataFiles.class).isPresent();
    }

    @Override
    public boolean takesForGood() {
        return true;
    }

    @Override
    public List<String> begin(Cluster cluster, Random random) throws IOException {
        Node node = Victims.ONE.of(cluster, random).getFirst();
        Path directory = cluster.ability(DataFiles.class).orElseThrow().directory(node);
        cluster.ability(Processes.class).orElseThrow().kill(node);
        List<Path> found = new ArrayList<>(files.in(directory));
        if (found.size() < damage.files()) {
            cluster.start(node);
            return List.of();
        }
        hit = Optional.of(node);
        List<String> done = new ArrayList<>(List.of(node.id()));
        for (Path file : damage.apply(found, random)) {
            done.add(directory.relativize(file).toString());
        }
        cluster.start(node);
        return done;
    }

    @Override
    public void heal(Cluster cluster) throws IOException, InterruptedException {
        if (hit.isPresent()) {
            Rebuild.of(cluster, hit.get());
            hit = Optional.empty();
        }
    }
}
