package io.walnut.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.node.local.FreePorts;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What the command says and how it ends when the node cannot start. */
class ServerCommandTest {
    @TempDir
    Path directory = Path.of(".");

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... args) {
        CommandLine command = Main.commandLine();
        command.setOut(new PrintWriter(out, true));
        command.setErr(new PrintWriter(err, true));
        return command.execute(args);
    }

    private static int freePort() throws Exception {
        return FreePorts.onLoopback(1).getFirst();
    }

    private Path config(String more) throws Exception {
        return Files.writeString(directory.resolve("walnut.yaml"), """
                node:
                  id: n1
                  data-dir: %s
                  bind-host: 127.0.0.1
                cluster:
                  id: test
                  peers: [{id: n1, peer-address: "127.0.0.1:7421", client-address: "127.0.0.1:7420"}]
                %s
                """.formatted(directory.resolve("data"), more));
    }

    @Test
    void printConfigShowsValuesWithTheirOrigin() throws Exception {
        int exit = run("server", "--config", config("").toString(), "--set", "client.port=9000", "--print-config");

        assertThat(exit).isZero();
        assertThat(out.toString()).contains("port: \"9000\"", "flag --set client.port", "segment-size: \"64MiB\"");
    }

    @Test
    void wrongConfigurationEndsWithTwoAndOneLine() throws Exception {
        int exit =
                run("server", "--config", config("wal:\n  segment-sise: 64MiB").toString());

        assertThat(exit).isEqualTo(ServerCommand.EXIT_CONFIG);
        assertThat(err.toString()).contains("did you mean 'wal.segment-size'?").hasLineCount(1);
    }

    @Test
    void portInUseEndsWithThreeAndNamesKeyAndPort() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int exit = run("server", "--config", config("").toString(), "--set", "client.port=" + taken.getLocalPort());

            assertThat(exit).isEqualTo(ServerCommand.EXIT_START);
            assertThat(err.toString())
                    .contains("client.port " + taken.getLocalPort())
                    .hasLineCount(1);
            assertThat(directory.resolve("data")).doesNotExist();
        }
    }

    @Test
    void bindHostOfAnotherMachineEndsWithThreeAndIsNotTakenForAPortInUse() throws Exception {
        int exit = run("server", "--config", config("").toString(), "--set", "node.bind-host=203.0.113.9");

        assertThat(exit).isEqualTo(ServerCommand.EXIT_START);
        assertThat(err.toString())
                .contains("node.bind-host 203.0.113.9 is no address of this machine")
                .hasLineCount(1);
    }

    @Test
    void dataDirectoryInUseEndsWithThree() throws Exception {
        try (DataDirectory held = DataDirectory.open(directory.resolve("data"))) {
            int exit = run(
                    "server",
                    "--config",
                    config("").toString(),
                    "--set",
                    "client.port=" + freePort(),
                    "--set",
                    "peer.port=" + freePort(),
                    "--set",
                    "http.port=" + freePort());

            assertThat(exit).isEqualTo(ServerCommand.EXIT_START);
            assertThat(err.toString())
                    .contains(held.path() + " is in use by another process")
                    .hasLineCount(1);
        }
    }

    @Test
    void unknownOptionIsAUsageError() {
        assertThat(run("server", "--confg", "x")).isEqualTo(ServerCommand.EXIT_CONFIG);
        assertThat(err.toString()).contains("--confg");
    }
}
