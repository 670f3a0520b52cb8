#pragma once
// What fetches the sounds that programs name by URL.
#include "media/fetched_sounds.hpp"

namespace junctor::hub {

/// 10 seconds and 16 MiB for one at most; redirections are not followed; https as the system trusts.
media::FetchedSounds::Fetch make_sound_fetcher();

}  // namespace junctor::hub
