#pragma once
// What a thread is called, and how the kernel ranks it among the machine's others.

namespace junctor::net {

/// The nice value that the control thread asks for (docs/adr/0047-the-control-thread-goes-before-others.md).
inline constexpr int control_nice = -4;

/// As `top -H` and debuggers show the calling thread; 15 characters at most.
void name_thread(const char* name);

/// The calling thread goes before ordinary ones; threads and processes that it makes are ordinary again. False, and
/// nothing has changed, where that is not permitted (CAP_SYS_NICE, RLIMIT_NICE).
bool raise_thread(int nice);

}  // namespace junctor::net
