package io.walnut.chaos.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.walnut.chaos.Await;
import io.walnut.client.Record;
import io.walnut.client.Walnut;
import io.walnut.node.local.LocalCluster;
import io.walnut.node.local.NodeLayout;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code walnut up}, {@code down} and {@code demo}, used as they are not meant to be. */
@Tag("process")
class LocalVerbsTest {
    /** Of the first node; those of the second are ten higher. Below what the system gives to clients. */
    private static final int PORT = 27_420;

    @TempDir
    Path directory;

    private static Program.Ended up(Path cluster, String... more) throws Exception {
        var arguments = new ArrayList<>(List.of("up", "--dir", cluster.toString(), "--heap", "192m"));
        arguments.addAll(List.of(more));
        return Program.run(arguments);
    }

    private static Program.Ended down(Path cluster) throws Exception {
        return Program.run("down", "--dir", cluster.toString());
    }

    // ---- up and down

    @Test
    void upTwiceIsUpOnceAndPortsOfAnotherClusterAreNotTakenForReady() throws Exception {
        Path first = directory.resolve("first");
        Path second = directory.resolve("second");
        try {
            up(first, "--port", "" + PORT, "--nodes", "2").expect(0);
            String endpoint = "127.0.0.1:" + PORT;
            try (Walnut walnut = Walnut.connect(endpoint)) {
                walnut.createLog("kept");
                walnut.append("kept", Record.of("record".getBytes(StandardCharsets.UTF_8)));
                List<String> pids = pids(first);
                String further = System.getenv("WALNUT_NODE_JAVA_OPTS");
                if (further != null) {
                    assertThat(Files.readString(Path.of("/proc", pids.getFirst(), "cmdline")))
                            .contains(further);
                }

                Program.Ended again = up(first).expect(0);
                assertThat(again.out()).contains("a cluster in " + first + " already", "n2  client");
                assertThat(pids(first)).as("processes").isEqualTo(pids);

                up(first, "--nodes", "3").expect(2).says("--nodes is 3", "has 2");
                up(first, "--nodes", "0").expect(2).says("--nodes is 0", "1 to 9");
                up(first, "--port", "1234").expect(2).says("--port is 1234", "made with " + PORT);

                up(second, "--port", "" + PORT, "--nodes", "1")
                        .expect(1)
                        .says("port " + PORT + " of node n1 is in use", "another cluster", "--port");
                assertThat(second).doesNotExist();
                up(second, "--port", "" + (PORT - 1), "--nodes", "1")
                        .expect(1)
                        .says("port " + PORT + " of node n1 is in use");
                assertThat(pids(first)).as("processes").isEqualTo(pids);
                assertThat(LogContent.of(walnut, "kept")).containsExactly("record");
            }
        } finally {
            down(first);
        }
    }

    @Test
    void aNodeThatCannotStartIsReportedAndTheOthersStay() throws Exception {
        Path cluster = directory.resolve("cluster");
        try {
            up(cluster, "--port", "" + (PORT + 100)).expect(0);
            assertThat(down(cluster).expect(0).out()).contains("stopped 3 nodes");
            assertThat(down(cluster).expect(0).out()).contains("no node was running");
            Path manifest;
            try (Stream<Path> files = Files.walk(cluster.resolve("n1"))) {
                manifest = files.filter(file -> file.endsWith("MANIFEST"))
                        .findFirst()
                        .orElseThrow();
            }
            byte[] bytes = Files.readAllBytes(manifest);
            bytes[bytes.length / 2] ^= 1;
            Files.write(manifest, bytes);

            Program.Ended started = up(cluster).expect(1);
            started.says(
                    "walnut: node n1 ended: node n1 cannot start",
                    cluster.resolve("n1/node.log").toString());
            started.says("2 of 3 nodes are ready, a majority");
            assertThat(started.err().lines()).hasSize(2);
            assertThat(started.out()).contains("n2  client", "n3  client").doesNotContain("n1  client");
            assertThat(down(cluster).expect(0).out()).contains("stopped 2 nodes");

            Files.writeString(cluster.resolve("mine"), "not of the cluster");
            assertThat(Program.run("down", "--delete", "--dir", cluster.toString())
                            .expect(0)
                            .out())
                    .contains("left there", "mine");
            assertThat(cluster).isDirectoryContaining(file -> file.endsWith("mine"));
            assertThat(cluster.resolve("n1")).doesNotExist();
        } finally {
            down(cluster);
        }
    }

    @Test
    void ofTwoAtOnceOneWorks() throws Exception {
        Path cluster = directory.resolve("cluster");
        List<String> arguments = List.of(
                "up", "--dir", cluster.toString(), "--heap", "192m", "--nodes", "1", "--port", "" + (PORT + 200));
        try {
            Program first = Program.start(arguments);
            first.stdin().close();
            Await.until("the first is at work", () -> Files.exists(cluster.resolve("n1/walnut.yaml")));
            Program.run(arguments).expect(1).says("another 'walnut up' is at work in " + cluster);
            first.await(Duration.ofSeconds(60)).expect(0);
        } finally {
            down(cluster);
        }
    }

    /** As {@code up} met it: ports that were free a moment ago belong to another cluster when its own node starts. */
    @Test
    void aNodeWhosePortsAnswerAsAnotherClusterIsNotReady() throws Exception {
        try (LocalCluster theirs = LocalCluster.create(
                directory.resolve("theirs"), LocalCluster.Settings.ofNodes(1).heap("192m"))) {
            theirs.start();
            theirs.awaitReady(Duration.ofSeconds(60));
            NodeLayout node = theirs.nodes().getFirst();
            Path home = Files.createDirectories(directory.resolve("ours/n1"));
            Path config = home.resolve("walnut.yaml");
            Files.writeString(
                    config,
                    Files.readString(node.directory().resolve("walnut.yaml"))
                            .replaceFirst("(?m)^( *id: \")[0-9a-f-]{36}", "$1" + "0".repeat(8))
                            .replace(node.directory().toString(), home.toString()));
            try (LocalCluster ours = LocalCluster.open(directory.resolve("ours"), "192m")) {
                ours.start();
                assertThat(catchThrowable(() -> ours.awaitReady(Duration.ofSeconds(60))))
                        .hasMessageContaining("node n1 ended")
                        .hasMessageContaining("client.port " + node.clientPort())
                        .hasMessageContaining("stop the process that uses it");
            }
            assertThat(theirs.running("n1")).isTrue();
        }
    }

    private static List<String> pids(Path cluster) throws Exception {
        return List.of(Files.readString(cluster.resolve("n1/pid")), Files.readString(cluster.resolve("n2/pid")));
    }

    @Test
    void upWherePortsAreNotFreeLeavesNothing() throws Exception {
        Path cluster = directory.resolve("cluster");
        try (ServerSocket taken = new ServerSocket(PORT + 1_012, 1, InetAddress.getLoopbackAddress())) {
            up(cluster, "--port", "" + (PORT + 1_000))
                    .expect(1)
                    .says("port " + taken.getLocalPort() + " of node n2 is in use", "--port");
        }
        assertThat(cluster).doesNotExist();
    }

    @Test
    void upWithNumbersThatAreNone() throws Exception {
        Path cluster = directory.resolve("cluster");
        up(cluster, "--nodes", "0").expect(2).says("--nodes is 0", "1 to 9");
        up(cluster, "--port", "65530").expect(2).says("--port is 65530", "expected 1 to");
        Program.run("up", "--dir", cluster.toString(), "--heap", "foo")
                .expect(2)
                .says("--heap is foo", "such as 384m");
        assertThat(cluster).doesNotExist();
        Files.createFile(cluster);
        up(cluster).expect(1).says(cluster + " is a file", "name a directory");
    }

    @Test
    void downWithoutACluster() throws Exception {
        Path nowhere = directory.resolve("nowhere");
        down(nowhere).expect(1).says("no local cluster in " + nowhere, "--dir", "walnut up");
        Program.run("down", "--delete", "--dir", directory.toString()).expect(1).says("no local cluster");
        assertThat(directory).exists();
        assertThat(nowhere).doesNotExist();
    }

    // ---- demo

    private static Program.Ended demo(Path input, String... more) throws Exception {
        var arguments = new ArrayList<>(List.of("demo", "--input", input.toString()));
        arguments.addAll(List.of(more));
        return Program.run(arguments);
    }

    @Test
    void demoWithoutInput() throws Exception {
        demo(directory.resolve("missing")).expect(1).says("no such file", "missing");
        demo(directory).expect(1).says(directory + " is a directory");
        Path empty = Files.createFile(directory.resolve("empty"));
        demo(empty).expect(1).says(empty + " is empty", "a line or more");
        Path line = Files.writeString(directory.resolve("line"), "the only one\n");
        demo(line).expect(2).says("--kills is 1", "expected 0 to 0");
        Path huge = Files.writeString(directory.resolve("huge"), "short\n" + "x".repeat(2 << 20) + "\n");
        demo(huge).expect(1).says("line 2 of " + huge, "2097152 bytes", "shorter lines");
    }

    /** Every value of a byte, the longest line that a record takes, empty lines, and no newline at the end. */
    @Test
    void demoWithLinesThatAreNoText() throws Exception {
        byte[] bytes = new byte[(2 << 20) + 2_000];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = i < 1_000 ? (byte) i : (byte) 0x80;
        }
        int longest = (1 << 20) - 16;
        bytes[1_000 + longest] = '\n';
        bytes[999] = '\n';
        bytes[1_000 + longest + 1] = '\n';
        Path input = Files.write(directory.resolve("binary"), Arrays.copyOf(bytes, 1_000 + longest + 1_000));

        Program.Ended ended = demo(input).expect(0);

        assertThat(ended.out()).contains("killed leader", "hold all 8 records, in order, once");
    }
}
