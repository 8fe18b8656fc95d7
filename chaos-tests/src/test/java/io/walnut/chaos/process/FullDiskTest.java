package io.walnut.chaos.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.chaos.Await;
import io.walnut.client.ClusterStatus;
import io.walnut.client.Record;
import io.walnut.client.Walnut;
import io.walnut.client.WalnutException;
import io.walnut.node.local.LocalCluster;
import io.walnut.node.local.NodeLayout;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three processes, each on a small file system of its own, which somebody else fills. */
@Tag("process")
class FullDiskTest {
    private static final String LOG = "full";
    /** What of it is in doubt is nothing to the log that is compared. */
    private static final String CONSUMED = "consumed";

    private static final String DISK = "size=256m";
    private static final int LINES = 1_000;
    /** More than the segment in use and the one prepared can take. */
    private static final int LARGE_LINES = 600;

    private static final int LARGE_LINE = 64 << 10;
    private static final Duration LIMIT = Duration.ofSeconds(90);

    @TempDir
    static Path scratch;

    @TempDir
    Path directory;

    private final Map<String, SmallDisk> disks = new LinkedHashMap<>();
    private final List<String> appended = new ArrayList<>();
    private LocalCluster cluster;
    private Walnut walnut;

    @BeforeAll
    static void needsMounting() throws Exception {
        SmallDisk.needsMounting(scratch);
    }

    @BeforeEach
    void start() throws Exception {
        cluster = LocalCluster.create(
                directory.resolve("cluster"),
                LocalCluster.Settings.ofNodes(3).heap("256m").with("wal.segment-size", "16MiB"));
        for (NodeLayout node : cluster.nodes()) {
            disks.put(node.id(), SmallDisk.mount(Files.createDirectories(node.dataDirectory()), DISK));
        }
        cluster.start();
        cluster.awaitReady(Duration.ofSeconds(60));
        walnut = LogContent.connect(cluster);
        walnut.createLog(LOG);
        walnut.createLog(CONSUMED);
    }

    @AfterEach
    void stop() throws Exception {
        walnut.close();
        cluster.close();
        for (SmallDisk disk : disks.values()) {
            disk.close();
        }
    }

    private SmallDisk disk(String node) {
        return Objects.requireNonNull(disks.get(node));
    }

    private Program.Ended program(String... arguments) throws Exception {
        var all = new ArrayList<>(List.of("--endpoints", cluster.endpoints()));
        all.addAll(List.of(arguments));
        return Program.run(all);
    }

    private void append(int lines, int length) throws Exception {
        var text = new ArrayList<String>();
        for (int i = 0; i < lines; i++) {
            String line = String.format(Locale.ROOT, "line %09d ", appended.size() + i);
            text.add(line + "x".repeat(Math.max(0, length - line.length())));
        }
        Path file = directory.resolve("lines.txt");
        Files.writeString(file, String.join("\n", text) + "\n");
        program("append", LOG, file.toString()).expect(0);
        appended.addAll(text);
    }

    private boolean saysFull(String node) {
        return walnut.status(cluster.node(node).endpoint()).storageFull();
    }

    private String output(String node) throws IOException {
        return Files.readString(cluster.node(node).outputFile());
    }

    private void assertEverywhere() throws Exception {
        assertThat(LogContent.of(walnut, LOG)).isEqualTo(appended);
        for (NodeLayout node : cluster.nodes()) {
            assertThat(cluster.running(node.id()))
                    .as("%s runs: %s", node.id(), output(node.id()))
                    .isTrue();
            assertThat(LogContent.at(walnut, node, LOG, appended.size()))
                    .as(node.id())
                    .isEqualTo(appended);
        }
    }

    @Test
    void theLeadersDiskIsFullAndTheClusterGoesOn() throws Exception {
        append(LINES, 0);
        String full = walnut.status().leaderId();
        Path ballast = disk(full).fill(1 << 20);
        Await.until(full + " says that it is full", () -> saysFull(full));

        append(LINES, 0);
        append(LARGE_LINES, LARGE_LINE);

        assertThat(walnut.status().leaderId()).isNotEqualTo(full);
        assertThat(program("cluster", "status").expect(0).out()).contains(" full ");
        assertThat(output(full)).contains("storage=full", "free or add room");

        Files.delete(ballast);
        Await.until(full + " says that it has room", () -> !saysFull(full));
        append(LINES, 0);
        assertEverywhere();
    }

    @Test
    @Tag("slow")
    void allDisksAreFullAndAppendsAreRefusedUntilThereIsRoom() throws Exception {
        append(LINES, 0);
        refusedWhileFull(List.of("n1", "n2", "n3"));
    }

    /** The leader has room, and cannot commit with that alone. */
    @Test
    void aMajorityOfTheDisksIsFull() throws Exception {
        append(LINES, 0);
        String leader = walnut.status().leaderId();
        refusedWhileFull(cluster.nodes().stream()
                .map(NodeLayout::id)
                .filter(id -> !id.equals(leader))
                .toList());
    }

    private void refusedWhileFull(List<String> nodes) throws Exception {
        var ballast = new ArrayList<Path>();
        for (String node : nodes) {
            ballast.add(disk(node).fill(1 << 20));
            Await.until(node + " says that it is full", () -> saysFull(node));
        }
        appendUntilRefused();
        electAnew(nodes);

        Path file = directory.resolve("refused.txt");
        Files.writeString(file, "never appended\n");
        program("--deadline", "8s", "append", LOG, file.toString())
                .expect(4)
                .says("no line is acknowledged", "no other line of this run is in the log")
                .says("full", "free or add room", "trim or remove logs");
        program("--deadline", "8s", "log", "create", "another").expect(4).says("full");
        ClusterStatus status = walnut.status();
        assertThat(status.leaderId()).isNotEmpty();

        for (Path file2 : ballast) {
            Files.delete(file2);
        }
        append(LINES, 0);
        assertEverywhere();
    }

    /** Long before the time of a snapshot comes. */
    @Test
    void aTrimGivesRoomBack() throws Exception {
        byte[] value = "z".repeat(LARGE_LINE).getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < LARGE_LINES; i++) {
            walnut.append(CONSUMED, Record.of(value));
        }
        for (NodeLayout node : cluster.nodes()) {
            disk(node.id()).fill(1 << 20);
            Await.until(node.id() + " says that it is full", () -> saysFull(node.id()));
        }

        program("trim", CONSUMED, "" + LARGE_LINES).expect(0);
        for (NodeLayout node : cluster.nodes()) {
            Await.until(node.id() + " says that it has room", () -> !saysFull(node.id()));
        }
        append(LINES, 0);
        assertEverywhere();
    }

    /**
     * Who is elected now must still find room for the first entry of its term: without it there would be no reads, nor a trim.
     */
    private void electAnew(List<String> nodes) throws Exception {
        ClusterStatus before = walnut.status();
        List<String> followers =
                nodes.stream().filter(id -> !id.equals(before.leaderId())).toList();
        for (String follower : followers) {
            cluster.signal(follower, "STOP");
        }
        String leader = cluster.node(before.leaderId()).endpoint();
        Await.until(
                before.leaderId() + " gives up",
                () -> !walnut.status(leader).role().equals("leader"));
        for (String follower : followers) {
            cluster.signal(follower, "CONT");
        }
        assertThat(program("read", LOG, "--max", "1").expect(0).out()).startsWith("line 000000000");
    }

    private void appendUntilRefused() throws Exception {
        byte[] value = "z".repeat(LARGE_LINE).getBytes(StandardCharsets.UTF_8);
        try (Walnut impatient = Walnut.builder()
                .endpoints(cluster.endpoints())
                .deadline(Duration.ofSeconds(5))
                .build()) {
            for (int i = 0; i < LARGE_LINES; i++) {
                impatient.append(CONSUMED, Record.of(value));
            }
        } catch (WalnutException e) {
            System.out.println("as it should be: " + e.getMessage());
        }
        Await.until("appends are refused", LIMIT, () -> {
            try (Walnut asking = Walnut.builder()
                    .endpoints(cluster.endpoints())
                    .deadline(Duration.ofSeconds(2))
                    .build()) {
                asking.append(CONSUMED, Record.of(value));
                return false;
            } catch (WalnutException.StorageFull e) {
                return true;
            } catch (WalnutException e) {
                return false;
            }
        });
    }
}
