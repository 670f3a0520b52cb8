// kill -9 at any moment: what was recorded until then can be played once the hub was started again.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recording/fixture.hpp"

namespace junctor::recording {
namespace {

namespace fs = std::filesystem;

struct TempFolder {
  TempFolder() {
    std::string name = (fs::temp_directory_path() / "junctor-recording-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path = name;
  }
  ~TempFolder() { fs::remove_all(path); }
  std::string path;
};

struct Hub : RecordingFixture {
  using RecordingFixture::RecordingFixture;
  void TestBody() override {}
};

constexpr Duration step = milliseconds(100);
constexpr double tone_hz = 520;

/// Records until it is killed; a byte for each step that the recorder has done.
[[noreturn]] void record(const std::string& folder, Format format, int pipe) {
  audio::RealDisk disk;
  Hub hub(&disk);
  hub.add(media::WorkerFixture::pcmu(), tone_hz);
  hub.add(media::WorkerFixture::pcma(), 910);
  hub.seat_all();
  hub.talk(milliseconds(300));
  const TimePoint begin = hub.now;
  Settings settings = hub.settings(Layout::stereo, format);
  settings.path = folder + "/2026/one";
  const RecordingId id = hub.start(settings);
  for (int done = 1;; ++done) {
    hub.go(step);
    if (done == 30) hub.recordings.mask(id, begin + milliseconds(1000), begin + milliseconds(2000));
    if (::write(pipe, "x", 1) != 1) ::_exit(1);
  }
}

/// How many steps were done.
int kill_after(int steps, const std::string& folder, Format format) {
  int pipe[2];
  if (::pipe(pipe) != 0) std::abort();
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(pipe[0]);
    record(folder, format, pipe[1]);
  }
  ::close(pipe[1]);
  char byte = 0;
  int done = 0;
  while (::read(pipe[0], &byte, 1) == 1) {
    if (++done == steps) ::kill(child, SIGKILL);
  }
  ::close(pipe[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
  return done;
}

struct KillTest : testing::TestWithParam<std::pair<Format, int>> {};

TEST_P(KillTest, what_was_recorded_can_be_played_after_the_next_start) {
  const auto [format, steps] = GetParam();
  const TempFolder folder;
  const int done = kill_after(steps, folder.path, format);
  audio::RealDisk disk;
  Hub hub(&disk);
  hub.recorder.repair(folder.path);
  hub.work();
  ASSERT_EQ(hub.told_of<Stopped>().size(), 1u);
  const Stopped stopped = hub.told_of<Stopped>()[0];
  EXPECT_EQ(stopped.reason, StopReason::interrupted);
  ASSERT_EQ(stopped.files.size(), 1u);
  const double recorded_ms = done * 100.0, unwritten_ms = format == Format::wav ? 400 : 1500;
  EXPECT_GT(static_cast<double>(stopped.duration_ms), recorded_ms - unwritten_ms);
  EXPECT_LT(static_cast<double>(stopped.duration_ms), recorded_ms + 200);
  EXPECT_EQ(stopped.files[0].bytes, fs::file_size(stopped.files[0].path));
  EXPECT_EQ(stopped.files[0].sha256.size(), 64u);

  auto decoder = audio::FileDecoder::open(disk.open(stopped.files[0].path, audio::OpenMode::read).value());
  ASSERT_TRUE(decoder) << decoder.error();
  media::Samples all(2'000'000);
  all.resize(decoder->read(all).value());
  EXPECT_NEAR(static_cast<double>(all.size()) / 8, static_cast<double>(stopped.duration_ms), 60);
  EXPECT_NEAR(Hub::level(Hub::between(all, 100, 900), tone_hz), -16, 1);  // both sides, mixed equally
  if (done > 32) {
    EXPECT_LT(Hub::level(Hub::between(all, 1008, 1992)), -65);
  }

  EXPECT_FALSE(fs::exists(folder.path + "/2026/one.open.json"));
  std::ifstream file(folder.path + "/2026/one.json");
  const std::string json((std::istreambuf_iterator<char>(file)), {});
  EXPECT_NE(json.find(R"("state":"interrupted")"), std::string::npos) << json;
  EXPECT_NE(json.find(stopped.files[0].sha256), std::string::npos);
  hub.told.clear();
  hub.recorder.repair(folder.path);
  hub.work();
  EXPECT_TRUE(hub.told.empty());
}
INSTANTIATE_TEST_SUITE_P(AtAnyMoment, KillTest,
                         testing::Values(std::pair(Format::wav, 13), std::pair(Format::wav, 41),
                                         std::pair(Format::wav, 300), std::pair(Format::opus, 41),
                                         std::pair(Format::opus, 90)));

TEST(RepairTest, what_is_no_manifest_is_left_alone) {
  Hub hub;
  const auto put = [&](const std::string& path, std::string_view text) { ASSERT_TRUE(hub.disk.replace(path, text)); };
  put("rec/a.open.json", "{");
  put("rec/b.open.json", R"({"version":1,"rate":8000,"format":"wav","files":[{"name":"../../etc/x","channels":1}]})");
  put("rec/c.open.json", R"({"version":1,"rate":8000,"format":"wav","files":[{"name":"missing.wav","channels":1}]})");
  put("rec/d.open.json", "{}");
  put("rec/d.json", "{}");
  hub.recorder.repair("rec");
  hub.work();
  EXPECT_TRUE(hub.disk.files.contains("rec/a.open.json"));
  EXPECT_TRUE(hub.disk.files.contains("rec/b.open.json"));
  EXPECT_FALSE(hub.disk.files.contains("rec/c.open.json"));
  EXPECT_FALSE(hub.disk.files.contains("rec/d.open.json"));
  ASSERT_EQ(hub.told_of<Stopped>().size(), 1u);
  EXPECT_EQ(hub.told_of<Stopped>()[0].files[0].sha256, "");
}

}  // namespace
}  // namespace junctor::recording
