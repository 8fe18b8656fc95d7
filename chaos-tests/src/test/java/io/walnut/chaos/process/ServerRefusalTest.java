package io.walnut.chaos.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.client.Record;
import io.walnut.client.Walnut;
import io.walnut.node.local.FreePorts;
import io.walnut.node.local.LocalCluster;
import io.walnut.node.local.NodeLayout;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code walnut server} where it cannot start, beside a node that runs: exit code 2 for a configuration that is wrong, 3 for a
 * place that cannot be used, one message that says what to do, and the node that runs is not disturbed.
 */
@Tag("process")
class ServerRefusalTest {
    private static final String LOG = "kept";
    private static final List<String> RECORDS = List.of("one", "two");

    @TempDir
    static Path directory;

    private static LocalCluster running;
    private static Walnut walnut;

    @BeforeAll
    static void start() throws Exception {
        running = LocalCluster.create(directory.resolve("running"), LocalCluster.Settings.ofNodes(1));
        running.start();
        running.awaitReady(Duration.ofSeconds(60));
        walnut = LogContent.connect(running);
        walnut.createLog(LOG);
        for (String record : RECORDS) {
            walnut.append(LOG, Record.of(record.getBytes(StandardCharsets.UTF_8)));
        }
    }

    @AfterAll
    static void stop() throws Exception {
        walnut.close();
        running.close();
    }

    @AfterEach
    void theOtherNodeIsAsItWas() throws Exception {
        assertThat(running.running("n1")).isTrue();
        assertThat(LogContent.of(walnut, LOG)).isEqualTo(RECORDS);
    }

    private static NodeLayout node() {
        return running.nodes().getFirst();
    }

    private static Program.Ended server(String... settings) throws Exception {
        return server(config(""), settings);
    }

    private static Program.Ended server(Path config, String... settings) throws Exception {
        var arguments = new ArrayList<>(List.of("server", "--config", config.toString()));
        for (String setting : settings) {
            arguments.addAll(List.of("--set", setting));
        }
        return Program.run(arguments);
    }

    /** Of a node on free ports and an empty directory, with {@code more} lines behind. */
    private static Path config(String more) throws Exception {
        List<Integer> ports = FreePorts.onLoopback(3);
        Path file = Files.createTempFile(directory, "walnut-", ".yaml");
        Files.writeString(file, """
                node:
                  id: n1
                  data-dir: %s
                  bind-host: 127.0.0.1
                client: {port: %d}
                peer: {port: %d}
                http: {port: %d}
                cluster:
                  id: another
                  peers: "n1=127.0.0.1:%d:%d"
                %s""".formatted(
                        directory.resolve("unused"),
                        ports.get(0),
                        ports.get(1),
                        ports.get(2),
                        ports.get(1),
                        ports.get(0),
                        more));
        return file;
    }

    @Test
    void aPortThatIsInUse() throws Exception {
        for (String port : List.of("client", "peer", "http")) {
            try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                server(port + ".port=" + taken.getLocalPort())
                        .expect(3)
                        .says(
                                "walnut: " + port + ".port " + taken.getLocalPort(),
                                "in use",
                                "stop the process",
                                "or set");
            }
        }
        assertThat(directory.resolve("unused")).as("left behind").doesNotExist();
    }

    @Test
    void aDataDirectoryThatAnotherServerHas() throws Exception {
        Path data = node().dataDirectory();
        server("node.data-dir=" + data)
                .expect(3)
                .says("data directory " + data + " is in use", "pid ", "stop that one, or set node.data-dir");
    }

    @Test
    void theDirectoryOfAnotherCluster() throws Exception {
        LocalCluster other = LocalCluster.create(directory.resolve("other"), LocalCluster.Settings.ofNodes(1));
        try (other) {
            other.start();
            other.awaitReady(Duration.ofSeconds(60));
            other.stop();
        }
        server("node.data-dir=" + other.nodes().getFirst().dataDirectory())
                .expect(3)
                .says("holds the log of another cluster", "own data directory");
    }

    /** Ratis has begun to start by then; it is silent about it. */
    @Test
    void theDirectoryOfAnotherNode() throws Exception {
        LocalCluster other = LocalCluster.create(directory.resolve("another"), LocalCluster.Settings.ofNodes(1));
        try (other) {
            other.start();
            other.awaitReady(Duration.ofSeconds(60));
            other.stop();
        }
        NodeLayout n1 = other.nodes().getFirst();
        Program.Ended ended = Program.run(
                        "server",
                        "--config",
                        n1.directory().resolve("walnut.yaml").toString(),
                        "--set",
                        "node.id=n2",
                        "--set",
                        "cluster.peers=n2=127.0.0.1:" + n1.peerPort() + ":" + n1.clientPort())
                .expect(3)
                .says("walnut: node n2 cannot start", "own data directory");
        assertThat(ended.err()).doesNotContain("ERROR", "TRACE");
    }

    @Test
    void aKeyThatIsUnknown() throws Exception {
        server(config("wal:\n  segement-size: 64MiB\n"))
                .expect(2)
                .says("line 12 column", "unknown key 'wal.segement-size'", "did you mean 'wal.segment-size'?");
        server("limits.recrod-size=1MiB")
                .expect(2)
                .says("unknown key 'limits.recrod-size'", "did you mean 'limits.record-size'?");
    }

    @Test
    void aValueThatIsNone() throws Exception {
        server("wal.segment-size=64XB")
                .expect(2)
                .says("--set wal.segment-size", "found '64XB'", "unknown unit 'XB'", "use B, KiB");
        server("client.port=70000").expect(2).says("client.port: found '70000'", "from 1 to 65535");
    }

    @Test
    void malformedYaml() throws Exception {
        Path file = config("wal: {segment-size: 64MiB\nlimits: [\n");
        server(file).expect(2).says(file.toString(), "malformed YAML");
        assertThat(server(file).err()).containsPattern("line \\d+ column \\d+: malformed YAML");

        Path tab = config("wal:\n\tsegment-size: 64MiB\n");
        server(tab).expect(2).says("line 12 column 1: malformed YAML", "TAB");
    }

    @Test
    void aConfigurationThatIsNotThere() throws Exception {
        Path file = directory.resolve("missing.yaml");
        server(file).expect(2).says(file + " does not exist", "--config");
        server(directory).expect(2).says(directory.toString(), "directory");
    }

    @Test
    void aDataDirectoryThatIsAFile() throws Exception {
        Path file = Files.createTempFile(directory, "not-a-directory", "");
        server("node.data-dir=" + file).expect(3).says(file + " is a file", "set node.data-dir");
        server("node.data-dir=" + file.resolve("below"))
                .expect(3)
                .says(file.resolve("below").toString(), file + " is a file", "set node.data-dir");
    }

    @Test
    void aDataDirectoryThatCannotBeWritten() throws Exception {
        SmallDisk.needsMounting(directory);
        Path readOnly = Files.createDirectories(directory.resolve("read-only"));
        try (SmallDisk _ = SmallDisk.mount(readOnly, "ro,size=1m")) {
            server("node.data-dir=" + readOnly)
                    .expect(3)
                    .says("data directory " + readOnly + " cannot be written", "Read-only", "how it is mounted");
            server("node.data-dir=" + readOnly.resolve("below"))
                    .expect(3)
                    .says(readOnly.resolve("below") + " cannot be created", "Read-only", "set node.data-dir");
        }
    }
}
