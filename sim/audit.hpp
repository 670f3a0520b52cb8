#pragma once
// The books of everything that the hub said and heard: independent of the hub and of the phones, kept at the border. At
// the end every INVITE has exactly one final answer and every answer its ACK, every dialog has ended, and each call has
// left exactly one record. A watch, not a part: nothing here changes what happens.
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "sim/border.hpp"
#include "sip/message.hpp"
#include "store/memory_store.hpp"

namespace junctor::sim {

class Audit final : public BorderWatch {
 public:
  void on_sent(const Address& to, std::string_view bytes, bool reliable) override;
  void on_received(const Address& from, std::string_view bytes) override;

  /// What was wrong as it happened.
  const std::vector<std::string>& faults() const { return faults_; }
  /// What is still owed; meant for a world in which everything has come to an end.
  std::vector<std::string> debts() const;
  /// Compares the records on the disk with the calls that were made. `interrupted`: some may have been cut by a crash.
  std::vector<std::string> compare(const store::MemoryDisk& disk) const;

  std::uint64_t invites() const { return received_invites_.size(); }
  std::uint64_t messages() const { return messages_; }

 private:
  /// An INVITE that the hub received.
  struct ReceivedInvite {
    std::string call_id;
    bool initial = false;
    int final_status = 0;
    std::string final_tag;
  };
  /// An INVITE that the hub sent.
  struct SentInvite {
    std::string call_id;
    bool refused = false, refusal_acked = false;
  };
  /// A dialog that a 2xx has confirmed, by Call-ID; forks apart by the far end's tag.
  struct Confirmed {
    bool acked = false;  // by the hub, where the hub called
    bool hub_called = false;
    bool ended = false;               // a BYE either way
    std::set<std::uint32_t> unacked;  // CSeqs of INVITEs of the hub whose 2xx has no ACK yet
  };

  void complain(std::string what);
  void sent_request(const sip::Message& m);
  void sent_response(const sip::Message& m);
  void received_request(const sip::Message& m);
  void received_response(const sip::Message& m);
  void count_copies(std::string_view bytes, const Address& to);
  void note_media(const sip::Message& m);
  void release_media(std::string_view call_id);

  std::vector<std::string> faults_;
  std::uint64_t messages_ = 0;
  std::unordered_map<std::string, ReceivedInvite> received_invites_;  // by branch and sent-by
  std::unordered_map<std::string, SentInvite> sent_invites_;          // by branch
  std::map<std::string, Confirmed> confirmed_;                        // by Call-ID, far end's tag
  std::unordered_map<std::string, std::uint32_t> last_cseq_;          // of the hub's requests, by Call-ID and To tag
  std::unordered_set<std::string> branches_;                          // of the hub's requests
  std::unordered_map<std::size_t, std::uint32_t> copies_;             // of each message, by its hash
  std::unordered_map<std::string, std::string> media_;                // advertised RTP address → Call-ID
  std::set<std::string, std::less<>> far_call_ids_;                   // of INVITEs from outside
};

}  // namespace junctor::sim
