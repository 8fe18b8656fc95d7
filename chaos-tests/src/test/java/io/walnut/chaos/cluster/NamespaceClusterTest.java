package io.walnut.chaos.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.chaos.cluster.Cluster.Node;
import io.walnut.chaos.cluster.Network.Link;
import io.walnut.chaos.cluster.Network.Trouble;
import java.io.IOException;
import java.net.ConnectException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each thing that can be done to a node of this kind does what it says; no node of Walnut's runs. */
@Tag("namespace")
class NamespaceClusterTest {
    private static final int PORT = 9000;
    private static final int PATIENCE_MS = 20_000;

    @TempDir
    static Path scratch;

    private static NamespaceCluster cluster;
    private static final Map<String, DatagramSocket> sockets = new LinkedHashMap<>();

    @BeforeAll
    static void make() throws Exception {
        NamespacesNeeded.check();
        cluster = NamespaceCluster.create(scratch.resolve("cluster"), 3);
        for (Node node : cluster.nodes()) {
            sockets.put(node.id(), open(node, () -> new DatagramSocket(PORT, address(node.id()))));
        }
        sockets.put(Network.CLIENTS, new DatagramSocket(PORT, address(Network.CLIENTS)));
        for (DatagramSocket socket : sockets.values()) {
            socket.setSoTimeout(PATIENCE_MS);
        }
    }

    @AfterAll
    static void giveBack() throws Exception {
        sockets.values().forEach(DatagramSocket::close);
        if (cluster != null) {
            cluster.close();
        }
    }

    @AfterEach
    void heal() throws Exception {
        cluster.set(Map.of());
    }

    private static <T> T open(Node node, Callable<T> call) throws Exception {
        return NamespaceSockets.open(cluster.inside(node).getLast().replace("--net=", ""), call);
    }

    private static Node node(String id) {
        return cluster.nodes().stream()
                .filter(node -> node.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private static Path directory(String id) throws IOException {
        return Files.createDirectories(
                cluster.ability(DataFiles.class).orElseThrow().directory(node(id)));
    }

    private static InetAddress address(String id) throws IOException {
        String first = cluster.nodes().getFirst().endpoint();
        String network = first.substring(0, first.lastIndexOf('.') + 1);
        return InetAddress.getByName(network + (id.equals(Network.CLIENTS) ? "254" : id.substring(1)));
    }

    private static DatagramSocket socket(String id) {
        DatagramSocket socket = sockets.get(id);
        if (socket == null) {
            throw new AssertionError(id);
        }
        return socket;
    }

    private static void send(String from, String to, byte[] bytes) throws IOException {
        try {
            socket(from).send(new DatagramPacket(bytes, bytes.length, address(to), PORT));
        } catch (IOException e) {
            // What may not go out is refused to who sends a datagram; TCP would try again.
            assertThat(e).hasMessageContaining("Operation not permitted");
        }
    }

    private static String receive(String at) throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
        socket(at).receive(packet);
        return new String(packet.getData(), 0, packet.getLength(), UTF_8);
    }

    @ParameterizedTest
    @CsvSource({"n1,n2", "n3,n1", "clients,n2", "n2,clients"})
    void aCutLinkPassesNothingAndTheOtherDirectionEverything(String from, String to) throws Exception {
        cluster.set(Map.of(new Link(from, to), new Trouble.Cut()));
        send(from, to, "cut".getBytes(UTF_8));
        send(to, from, "back".getBytes(UTF_8));
        assertThat(receive(from)).isEqualTo("back");

        cluster.set(Map.of());
        send(from, to, "healed".getBytes(UTF_8));
        assertThat(receive(to)).isEqualTo("healed");
    }

    @Test
    void eachCauseTakesBackItsOwnTroublesAlone() throws Exception {
        Link link = new Link("n1", "n2");
        cluster.set("a partition", Map.of(link, new Trouble.Cut()));
        cluster.set(
                "a slow network", Map.of(link, new Trouble.Bandwidth(1000), new Link("n1", "n3"), new Trouble.Cut()));
        cluster.set("a slow network", Map.of());
        send("n1", "n2", "cut".getBytes(UTF_8));
        send("n1", "n3", "not cut".getBytes(UTF_8));
        assertThat(receive("n3")).isEqualTo("not cut");
        cluster.set("a partition", Map.of());
        send("n1", "n2", "healed".getBytes(UTF_8));
        assertThat(receive("n2")).isEqualTo("healed");
    }

    @Test
    void ofALossyLinkTheShareIsLost() throws Exception {
        int all = 2000;
        cluster.set(Map.of(new Link("n1", "n2"), new Trouble.Loss(0.3)));
        assertThat(arrived("n1", "n2", all)).isBetween(all / 2, all * 9 / 10);
    }

    @Test
    void aSlowLinkPassesNoMoreThanItMay() throws Exception {
        int kilobytesASecond = 100;
        int all = 2000;
        cluster.set(Map.of(new Link("n1", "n2"), new Trouble.Bandwidth(kilobytesASecond * 1000L)));
        long start = System.nanoTime();
        int arrived = arrived("n1", "n2", all);
        double seconds = (System.nanoTime() - start) / 1e9;
        // Each is a little over a kilobyte; as much as is due in a second passes at once.
        assertThat(arrived).isPositive().isLessThan((int) (kilobytesASecond * (1 + seconds)));

        assertThat(arrived("n2", "n1", 100)).isEqualTo(100);
    }

    /** How many of so many kilobytes arrive; the links are healed then. */
    private static int arrived(String from, String to, int all) throws IOException {
        byte[] kilobyte = new byte[1000];
        int arrived = 0;
        DatagramSocket at = socket(to);
        at.setSoTimeout(1);
        for (int i = 0; i < all; i++) {
            send(from, to, kilobyte);
            try {
                receive(to);
                arrived++;
            } catch (SocketTimeoutException e) {
                // Lost, or still on its way: then it is counted below.
            }
        }
        at.setSoTimeout(PATIENCE_MS);
        cluster.set(Map.of());
        send(from, to, "end".getBytes(UTF_8));
        while (!receive(to).equals("end")) {
            arrived++;
        }
        return arrived;
    }

    @Test
    void connectionsOverALinkAreResetOnBothSidesAndNewOnesRefused() throws Exception {
        try (ServerSocket server = open(node("n2"), () -> new ServerSocket(PORT, 1, address("n2")));
                Socket client = open(node("n1"), () -> new Socket(address("n2"), PORT));
                Socket accepted = server.accept()) {
            client.setSoTimeout(PATIENCE_MS);
            accepted.setSoTimeout(PATIENCE_MS);
            client.getOutputStream().write(1);
            assertThat(accepted.getInputStream().read()).isEqualTo(1);

            cluster.set(Map.of(new Link("n1", "n2"), new Trouble.Reset()));
            client.getOutputStream().write(2);
            assertThatThrownBy(() -> client.getInputStream().read())
                    .isInstanceOf(SocketException.class)
                    .hasMessageContaining("reset");
            accepted.getOutputStream().write(3);
            assertThatThrownBy(() -> accepted.getInputStream().read())
                    .isInstanceOf(SocketException.class)
                    .hasMessageContaining("reset");
            assertThatThrownBy(() -> open(node("n1"), () -> new Socket(address("n2"), PORT)))
                    .hasCauseInstanceOf(ConnectException.class);

            cluster.set(Map.of());
            open(node("n1"), () -> new Socket(address("n2"), PORT)).close();
        }
    }

    @Test
    void aTroubleThatNobodyCanMakeIsRefused() {
        assertThat(cluster.can(Trouble.Duplicate.class)).isFalse();
        assertThatThrownBy(() -> cluster.set(Map.of(new Link("n1", "n2"), new Trouble.Duplicate(0.5))))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> cluster.set(Map.of(new Link("n1", "n9"), new Trouble.Cut())))
                .hasMessageContaining("n9")
                .hasMessageContaining("n3");
    }

    @ParameterizedTest
    @ValueSource(strings = {"n1", "n2"}) // ext4, xfs
    void aPowerCutTakesWhatWasNotSyncedAndNothingElse(String id) throws Exception {
        Path directory = directory(id);
        for (int cut = 0; cut < 4; cut++) {
            byte[] content = ("cut " + cut).repeat(10_000).getBytes(UTF_8);
            Path synced = directory.resolve("synced" + cut);
            try (FileChannel file = FileChannel.open(synced, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                    FileChannel parent = FileChannel.open(directory)) {
                file.write(ByteBuffer.wrap(content));
                file.force(true);
                parent.force(true);
            }
            Path unsynced = Files.write(directory.resolve("unsynced" + cut), content);

            cluster.cutPower(List.of(node(id)));

            assertThat(synced).hasBinaryContent(content);
            assertThat(!Files.exists(unsynced) || Files.size(unsynced) == 0).isTrue();
            Files.writeString(directory.resolve("afterwards" + cut), "the disk can be written to again");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"n1", "n2"})
    void aDiskThatLiesLosesWhatWasSyncedSinceAndNothingElse(String id) throws Exception {
        Path directory = directory(id);
        sync(directory.resolve("before the lie"));
        cluster.startLying(node(id));
        sync(directory.resolve("lied about"));
        cluster.cutPower(List.of(node(id)));
        assertThat(directory.resolve("lied about")).exists(); // another one's power cut finds an honest disk

        cluster.cutPowerOfLiar(node(id));
        assertThat(directory.resolve("before the lie")).hasContent("synced");
        assertThat(directory.resolve("lied about")).doesNotExist();

        sync(directory.resolve("honest"));
        cluster.cutPowerOfLiar(node(id));
        assertThat(directory.resolve("honest")).hasContent("synced");

        cluster.startLying(node(id));
        sync(directory.resolve("kept"));
        cluster.stopLying(node(id));
        cluster.cutPowerOfLiar(node(id));
        assertThat(directory.resolve("kept")).hasContent("synced");
    }

    private static void sync(Path path) throws IOException {
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                FileChannel parent = FileChannel.open(path.toAbsolutePath().getParent())) {
            file.write(ByteBuffer.wrap("synced".getBytes(UTF_8)));
            file.force(true);
            parent.force(true);
        }
    }

    /** Mounted with the option discard, ext4 would give back zeros. */
    @ParameterizedTest
    @ValueSource(strings = {"n1", "n2"})
    void aFileWhoseDeletionWasNotSyncedIsThereWithItsBytesOrIsNot(String id) throws Exception {
        byte[] content = "these bytes were synced. ".repeat(10_000).getBytes(UTF_8);
        for (int cut = 0; cut < 4; cut++) {
            Path deleted = directory(id).resolve("deleted" + cut);
            try (FileChannel file = FileChannel.open(deleted, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                    FileChannel parent = FileChannel.open(directory(id))) {
                file.write(ByteBuffer.wrap(content));
                file.force(true);
                parent.force(true);
            }
            Files.delete(deleted);

            cluster.cutPower(List.of(node(id)));

            if (Files.exists(deleted)) {
                assertThat(deleted).hasBinaryContent(content);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"n1", "n2"})
    void aFullDiskRefusesUntilItHasRoomAgain(String id) throws Exception {
        Path directory = directory(id);
        Path file = directory.resolve("file");
        cluster.fill(node(id));
        assertThatThrownBy(() -> Files.write(file, new byte[2 << 20])).hasMessageContaining("No space left");
        Files.deleteIfExists(file);
        cluster.fill(node(id));
        cluster.cutPower(List.of(node(id)));
        assertThatThrownBy(() -> Files.write(file, new byte[2 << 20])).hasMessageContaining("No space left");

        cluster.free(node(id));
        cluster.free(node(id));
        Files.write(file, new byte[2 << 20]);
    }

    @Test
    void whatADeadHarnessHasLeftIsRemovedByTheNextAndWhatIsInUseIsNot() throws Exception {
        Process ended = new ProcessBuilder("true").start();
        ended.waitFor();
        Mark dead = new Mark("walnut" + ended.pid() + "a");
        Namespaces namespaces = Namespaces.make(dead, List.of("n1"));
        LoopDisk disk = LoopDisk.make("ext4", scratch.resolve(dead.name() + "-n1.img"), scratch.resolve("dead disk"));
        Process node = new ProcessBuilder(Stream.concat(namespaces.inside("n1").stream(), Stream.of("sleep", "600"))
                        .toList())
                .directory(disk.directory().toFile())
                .start();
        assertThat(taken(dead)).hasSize(5); // two namespaces, a link, a loop device, a mount

        NamespaceCluster.create(scratch.resolve("next"), 1).close();

        assertThat(node.waitFor()).isNotZero();
        assertThat(taken(dead)).isEmpty();
        send("n1", "n2", "still here".getBytes(UTF_8));
        assertThat(receive("n2")).isEqualTo("still here");
    }

    @Test
    void whatWasMadeBeforeAFailureIsGivenBack() throws Exception {
        Path directory = Files.createDirectories(scratch.resolve("spoiled"));
        Files.writeString(directory.resolve("n2"), "a file where a directory should be");
        Mark next = Mark.take();
        Mark.giveBack(next);
        assertThatThrownBy(() -> NamespaceCluster.create(directory, 3)).hasMessageContaining("n2");
        assertThat(directory.resolve("n1").resolve(next.name() + "-n1.img")).exists();
        assertThat(taken(next)).isEmpty();
    }

    /** All that has this name on the machine. */
    private static List<String> taken(Mark mark) throws IOException {
        String devices = Commands.run("losetup", "--list", "--noheadings", "--output", "BACK-FILE");
        String mounts = Commands.run("findmnt", "--list", "--noheadings", "--output", "SOURCE,TARGET");
        List<String> itsLoops = Commands.run("losetup", "--list", "--noheadings", "--output", "NAME,BACK-FILE")
                .lines()
                .filter(line -> line.contains(mark.name()))
                .map(line -> line.split(" ", 2)[0])
                .toList();
        return Stream.of(
                        Commands.run("ip", "netns", "list").lines(),
                        Commands.run("ip", "-brief", "link").lines(),
                        devices.lines(),
                        mounts.lines()
                                .filter(line -> itsLoops.contains(line.split(" ", 2)[0]))
                                .map(line -> mark.name() + line))
                .flatMap(lines -> lines)
                .filter(line -> line.contains(mark.name()))
                .toList();
    }

    @Test
    void namesTellWhoseTheyAre() {
        Mark mine = Mark.take();
        Mark other = Mark.take();
        assertThat(other).isNotEqualTo(mine);
        assertThat(Mark.orphan(mine.name() + "-n1")).isFalse();
        Mark.giveBack(mine);
        Mark.giveBack(other);
        assertThat(Mark.orphan(mine.name() + "-n1")).isTrue();
        assertThat(Mark.orphan("walnut1a-hub")).isFalse();
        assertThat(Mark.orphan("eth0")).isFalse();
        // The largest process id, the longest name of a link.
        assertThat(new Mark("walnut4194304z").name()).hasSizeLessThanOrEqualTo(15);
    }
}
