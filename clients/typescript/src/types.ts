// Made by scripts/rwi_types.py of `junctor schema`; not written by hand.

/** Parameters and data of each command, by its name. */
export interface Commands {
  /** Inbound calls of these contexts are offered to the session. Done when at once. */
  "session.subscribe": { params: {
    /** names; * for all, queue:ID, conference:ID */
    contexts?: string[];
    /** how much */
    level?: "events_only" | "control" | "full_control" | null;
    /** only events of these names are sent; empty: all */
    events?: string[];
    /** seed or flat */
    dialect?: string | null;
  }; data: {
    /** all that the session follows */
    contexts: string[];
    /** of these */
    level: "events_only" | "control" | "full_control";
    /** the filter; empty: none */
    events: string[];
    /** seed or flat */
    dialect: string;
    /** names the session */
    session_id: string;
    /** for session.resume, to take calls back */
    resume_secret: string;
  } };
  /** Ends following these contexts. Done when at once. */
  "session.unsubscribe": { params: {
    /** names; those that were not followed do no harm */
    contexts?: string[];
  }; data: Record<string, never> };
  /** The session's calls, newest first. Done when at once. */
  "session.list_calls": { params: {
    /** own; context: those that wait for anybody, too; all: as far as the token may see */
    scope?: "own" | "context" | "all";
    /** at most so many */
    limit?: number;
  }; data: ({
    /** the call */
    call_id?: string;
    /** the call, too */
    session_id?: string;
    /** the hub's own id */
    id?: string | null;
    /** who calls */
    caller?: string | null;
    /** who is called */
    callee?: string | null;
    /** inbound, outbound or internal */
    direction?: string;
    /** ringing or talking */
    status?: string;
    /** RFC 3339 */
    started_at?: string;
    /** RFC 3339; null: not yet */
    answered_at?: string | null;
    /** the session that controls it */
    owner?: string | null;
    /** it was routed to */
    context?: string | null;
    /** offered, owned, unowned or orphaned */
    mode?: string;
    /** its far end is on hold */
    held?: boolean;
  })[] };
  /** The session controls a call that nobody does, or watches one. Done when at once. */
  "session.attach_call": { params: {
    /** the call */
    call_id: string;
    /** control, or what a supervisor does */
    mode?: "control" | "listen" | "whisper" | "barge";
    /** take it from whoever controls it; needs supervisor.control */
    force?: boolean;
  }; data: {
    /** the call */
    call_id: string;
  } };
  /** The session lets a call go, which goes on. Done when at once. */
  "session.detach_call": { params: {
    /** the call */
    call_id: string;
  }; data: Record<string, never> };
  /** What the token's sessions were told since, and its orphaned calls. Done when at once. */
  "session.resume": { params: {
    /** the seq of the last event that was seen */
    last_sequence?: number;
    /** of the session that is gone */
    resume_secret?: string;
  }; data: {
    /** how many events follow */
    replayed_count: number;
    /** the seq of the last one */
    current_sequence: number;
    /** false: some are not kept any more; see session.list_calls */
    complete: boolean;
    /** oldest first */
    events: unknown[];
    /** orphaned calls that the session controls again */
    reclaimed: string[];
  } };
  /** Whether the hub is there. Done when at once. */
  "session.ping": { params: Record<string, never>; data: {
    /** RFC 3339 */
    ts: string;
  } };
  /** The same of one call, which is taken back if it is orphaned. Done when at once. */
  "call.resume": { params: {
    /** the call */
    call_id: string;
    /** the seq of the last event that was seen */
    last_sequence?: number;
    /** of the session that is gone */
    resume_secret?: string;
  }; data: {
    /** how many events follow */
    replayed_count: number;
    /** the seq of the last one */
    current_sequence: number;
    /** false: some are not kept any more; see session.list_calls */
    complete: boolean;
    /** oldest first */
    events: unknown[];
    /** orphaned calls that the session controls again */
    reclaimed: string[];
  } };
  /** Calls one destination, or several of which the first to answer wins. Done when the first INVITE is on the wire. */
  "call.originate": { params: {
    /** a name for the call; without, the hub's own id is its name */
    call_id?: string;
    /** a SIP URI, a tel URI or a number */
    destination?: string;
    /** several of them, one call */
    destinations?: string[];
    /** how several destinations are tried */
    strategy?: "race" | "staggered" | "sequential";
    /** between two destinations, staggered */
    stagger_ms?: number;
    /** a number or a SIP URI, shown to the destination */
    caller_id?: string;
    /** a name for people, shown to the destination */
    caller_name?: string;
    /** how long it rings */
    timeout_secs?: number;
    /** after its answer the call is ended; 0: it is not */
    max_duration_secs?: number;
    /** of the INVITE */
    extra_headers?: Record<string, string>;
    /** what hold_music_target hears until this call is answered */
    hold_music?: {
      /** what is heard */
      type?: "file" | "url" | "silence" | "ringback";
      /** of a file: a name in data_dir/sounds, or of a built-in sound; of a URL: http or https */
      uri?: string;
      /** again and again until it is stopped */
      looped?: boolean;
    } | null;
    /** an answered call */
    hold_music_target?: string | null;
    /** what ringback_target hears while this call rings */
    ringback?: "none" | "local" | "passthrough";
    /** the call that waits for this one */
    ringback_target?: string | null;
    /** the carrier to call through */
    trunk?: string;
    /** recorded from its first audio on */
    record?: {
      /** separate_legs: the call's far end on the left, the others on the right */
      mode?: "mixed" | "separate_legs";
      /** everybody hears a beep every 15 seconds */
      beep?: boolean;
      /** 0: none */
      max_duration_secs?: number;
      /** whether a pause is in the file */
      pause_mode?: "cut" | "silence";
      /** where it goes */
      storage?: {
        /** file (or local) */
        backend?: string;
        /** in the folder of recordings; chosen by the hub without */
        path?: string;
      };
    } | null;
    /** as with call.set_var */
    variables?: Record<string, string>;
  }; data: {
    /** the name of the call from now on */
    call_id: string;
  } };
  /** Answers an inbound call; who is first owns it. Done when the 200 is sent. */
  "call.answer": { params: {
    /** a call that was offered */
    call_id: string;
  }; data: Record<string, never> };
  /** Refuses an inbound call. Done when the final response is sent. */
  "call.reject": { params: {
    /** a call that was offered */
    call_id: string;
    /** busy, forbidden, not_found, decline or unavailable */
    reason?: string;
    /** the SIP status itself */
    code?: number | null;
  }; data: Record<string, never> };
  /** Tells an inbound caller that it rings. Done when the 180 is sent. */
  "call.ring": { params: {
    /** a call that was offered */
    call_id: string;
  }; data: Record<string, never> };
  /** Ends a call, in whatever state it is. Done when BYE, CANCEL or the final response is sent. */
  "call.hangup": { params: {
    /** the call to end */
    call_id: string;
    /** a word or line; goes into the Reason header and the event */
    reason?: string;
    /** the SIP status, of a call that was not answered, and of the Reason header */
    code?: number | null;
  }; data: Record<string, never> };
  /** Two answered calls hear each other. Done when the media plane has joined them. */
  "call.bridge": { params: {
    /** a call */
    leg_a: string;
    /** another call */
    leg_b: string;
    /** when one of them ends, the other one is ended too */
    hangup_after_bridge?: boolean;
  }; data: Record<string, never> };
  /** Parts a call from the one that it is bridged with; both stay. Done when the media plane has parted them. */
  "call.unbridge": { params: {
    /** one of the two */
    call_id: string;
  }; data: Record<string, never> };
  /** Sends a call's far end to another destination (blind). Done when REFER is accepted, or the INVITE to the target is on the wire. */
  "call.transfer": { params: {
    /** an answered call */
    call_id: string;
    /** a SIP or tel URI, a number, conference:ROOM or voip_bridge:URL */
    target: string;
    /** auto: REFER where the far end takes it, else the hub calls the target itself */
    method?: "auto" | "refer" | "b2bua";
  }; data: Record<string, never> };
  /** Has a call's far end take the place of another dialog (RFC 3891). Done when REFER is accepted. */
  "call.transfer.replace": { params: {
    /** an answered call */
    call_id: string;
    /** the call whose dialog is replaced, or a URI with Replaces */
    target: string;
  }; data: Record<string, never> };
  /** Has a call's far end wait, and calls whom to consult. Done when the INVITE to the target is on the wire. */
  "call.transfer.attended": { params: {
    /** an answered call */
    call_id: string;
    /** a SIP URI or a number */
    target: string;
    /** how long it rings */
    timeout_secs?: number;
  }; data: {
    /** the call that waits */
    original_call_id: string;
    /** the call to the target */
    consultation_call_id: string;
  } };
  /** Puts who waits and who was consulted together, and lets the transferor go. Done when the media plane has joined them. */
  "call.transfer.complete": { params: {
    /** the call that waits */
    call_id: string;
    /** the other one */
    consultation_call_id: string;
  }; data: Record<string, never> };
  /** Ends a consultation; everything is as it was before. Done when BYE or CANCEL is sent, and the media plane has joined who talked before. */
  "call.transfer.cancel": { params: {
    /** the call to the target */
    consultation_call_id: string;
  }; data: Record<string, never> };
  /** Puts a call's far end on hold, with music. Done when the far end's 200 to the re-INVITE has come. */
  "call.hold": { params: {
    /** an answered call */
    call_id: string;
    /** a name in data_dir/sounds; the configured music without */
    music?: string;
    /** which of its legs; the call's own far end without */
    leg_id?: string;
  }; data: Record<string, never> };
  /** Ends a hold. Done when the far end's 200 to the re-INVITE has come. */
  "call.unhold": { params: {
    /** a call on hold */
    call_id: string;
    /** which of its legs; the call's own far end without */
    leg_id?: string;
  }; data: Record<string, never> };
  /** What comes from a call before its answer is heard by another one. Done when the media plane passes it on, or will with its first early media. */
  "call.set_ringback_source": { params: {
    /** who hears it */
    target_call_id: string;
    /** a call that is ringing */
    source_call_id: string;
  }; data: Record<string, never> };
  /** Keeps a text with a call. Done when it is kept. */
  "call.set_var": { params: {
    /** the call */
    call_id: string;
    /** the variable's name */
    key: string;
    /** its text */
    value: string;
  }; data: Record<string, never> };
  /** Reads a text that is kept with a call. Done when at once. */
  "call.get_var": { params: {
    /** the call */
    call_id: string;
    /** the variable's name */
    key: string;
  }; data: {
    /** the variable's name */
    key: string;
    /** its text; null: it was not set */
    value: string | null;
  } };
  /** Presses keys for a call's far end. Done when they wait to be sent, one after the other. */
  "call.send_dtmf": { params: {
    /** the call */
    call_id: string;
    /** which of its legs; the call's own far end without */
    leg_id?: string;
    /** 0-9 * # A-D */
    digits: string;
    /** of each */
    duration_ms?: number;
    /** after each */
    gap_ms?: number;
  }; data: Record<string, never> };
  /** Collects keys that the far end presses; ends with one event. Done when it listens. */
  "dtmf.collect": { params: {
    /** the call */
    call_id: string;
    /** of this leg alone */
    leg_id?: string;
    /** fewer are a timeout */
    min_digits?: number;
    /** it ends with this many */
    max_digits?: number;
    /** for all of it */
    timeout_ms?: number;
    /** until the first; 0: timeout_ms alone */
    first_digit_timeout_ms?: number;
    /** between two; 0: timeout_ms alone */
    inter_digit_timeout_ms?: number;
    /** a key that ends it and is not among the digits */
    terminator?: string;
  }; data: {
    /** names it in its event */
    collector_id: string;
  } };
  /** Calls a further party into a call. Done when its INVITE is on the wire. */
  "call.leg_add": { params: {
    /** an answered call */
    call_id: string;
    /** a SIP URI or a number */
    target: string;
    /** a name for the leg */
    leg_id?: string;
    /** how long it rings */
    timeout_secs?: number;
  }; data: {
    /** names the leg */
    leg_id: string;
  } };
  /** Lets one leg of a call go. Done when BYE or CANCEL is sent. */
  "call.leg_remove": { params: {
    /** the call */
    call_id: string;
    /** the leg */
    leg_id: string;
  }; data: Record<string, never> };
  /** Hands a call to an application of the hub. Done when the application has it. */
  "call.app_start": { params: {
    /** the call */
    call_id: string;
    /** echo, tone, hold_music or conference */
    app_name: string;
    /** of the application */
    params?: {
      /** of conference: a room of the configuration */
      name?: string;
    };
  }; data: Record<string, never> };
  /** Takes a call back from its application. Done when the application has let it go. */
  "call.app_stop": { params: {
    /** the call */
    call_id: string;
    /** for people */
    reason?: string;
  }; data: Record<string, never> };
  /** Ends a call's application and starts another one. Done when the new application has it. */
  "app.chain": { params: {
    /** the call */
    call_id: string;
    /** as with call.app_start */
    app_name: string;
    /** of the application */
    params?: {
      /** of conference: a room of the configuration */
      name?: string;
    };
  }; data: Record<string, never> };
  /** Plays a sound to a call's far end. Done when its first packet is sent. */
  "media.play": { params: {
    /** an answered call */
    call_id: string;
    /** what to play */
    source: {
      /** what is heard */
      type?: "file" | "url" | "silence" | "ringback";
      /** of a file: a name in data_dir/sounds, or of a built-in sound; of a URL: http or https */
      uri?: string;
      /** again and again until it is stopped */
      looped?: boolean;
    };
    /** a key ends it */
    interrupt_on_dtmf?: boolean;
    /** beside what plays; without, that is ended */
    mix?: boolean;
    /** of a call that is not answered yet: plays when it is */
    defer?: boolean;
    /** as source.looped */
    loop?: boolean | null;
    /** to this leg; to the call's own far end without */
    leg_id?: string;
  }; data: {
    /** names it in its events and in media.stop */
    track_id: string;
  } };
  /** Ends what plays to a call. Done when the media plane has ended it. */
  "media.stop": { params: {
    /** the call */
    call_id: string;
    /** this one alone */
    track_id?: string;
    /** to this leg alone */
    leg_id?: string;
  }; data: Record<string, never> };
  /** Nobody hears a call's far end, or it hears nobody. Done when the media plane has muted it. */
  "media.mute": { params: {
    /** an answered call */
    call_id: string;
    /** which of its legs; the call's own far end without */
    leg_id?: string;
    /** what is muted */
    direction?: "says" | "hears" | "both";
  }; data: Record<string, never> };
  /** Ends a mute. Done when the media plane has ended it. */
  "media.unmute": { params: {
    /** an answered call */
    call_id: string;
    /** which of its legs; the call's own far end without */
    leg_id?: string;
    /** what is muted */
    direction?: "says" | "hears" | "both";
  }; data: Record<string, never> };
  /** Opens a stream of samples between a call and the program. Done when its media socket can be opened. */
  "media.stream_start": { params: {
    /** an answered call */
    call_id: string;
    /** recv: the call's audio comes; send: the program's goes */
    direction?: "sendrecv" | "send" | "recv";
    /** of the frames */
    format?: {
      /** PCMU, PCMA, L16 (or pcm_s16le) or opus */
      codec?: string;
      /** 8000, 16000, 24000 or 48000 Hz */
      sample_rate?: number;
      /** 2: the call's far end on the left, whom it talks to on the right */
      channels?: number;
      /** of one frame */
      ptime_ms?: number;
    };
  }; data: {
    /** 8 characters */
    stream_id: string;
    /** path of the WebSocket for its frames */
    media_url: string;
    /** of one frame; 0: they differ */
    frame_bytes: number;
  } };
  /** Closes a stream. Done when nothing comes and nothing is heard any more. */
  "media.stream_stop": { params: {
    /** the call */
    call_id: string;
    /** this one alone */
    stream_id?: string;
  }; data: Record<string, never> };
  /** Opens a stream of samples from the program into a call. Done when its media socket can be opened. */
  "media.inject_start": { params: {
    /** an answered call */
    call_id: string;
    /** of the frames */
    format?: {
      /** PCMU, PCMA, L16 (or pcm_s16le) or opus */
      codec?: string;
      /** 8000, 16000, 24000 or 48000 Hz */
      sample_rate?: number;
      /** 2: the call's far end on the left, whom it talks to on the right */
      channels?: number;
      /** of one frame */
      ptime_ms?: number;
    };
    /** replace: whom it talks to is not heard meanwhile */
    mode?: "mix" | "replace";
    /** to this leg; to the call's own far end without */
    leg_id?: string;
  }; data: {
    /** 8 characters */
    stream_id: string;
    /** path of the WebSocket for its frames */
    media_url: string;
    /** of one frame; 0: they differ */
    frame_bytes: number;
  } };
  /** Closes such a stream. Done when nothing of it is heard any more. */
  "media.inject_stop": { params: {
    /** the call */
    call_id: string;
    /** this one alone */
    stream_id?: string;
  }; data: Record<string, never> };
  /** Records a call with whom it talks to. Done when the file is open. */
  "record.start": { params: {
    /** the call */
    call_id: string;
    /** separate_legs: the call's far end on the left, the others on the right */
    mode?: "mixed" | "separate_legs";
    /** everybody hears a beep every 15 seconds */
    beep?: boolean;
    /** 0: none */
    max_duration_secs?: number;
    /** whether a pause is in the file */
    pause_mode?: "cut" | "silence";
    /** where it goes */
    storage?: {
      /** file (or local) */
      backend?: string;
      /** in the folder of recordings; chosen by the hub without */
      path?: string;
    };
  }; data: {
    /** names it */
    recording_id: string;
    /** of the file, in the folder of recordings */
    path: string;
  } };
  /** Nothing is recorded for a while. Done when the recorder has paused. */
  "record.pause": { params: {
    /** a call that is recorded */
    call_id: string;
  }; data: Record<string, never> };
  /** Ends a pause. Done when the recorder goes on. */
  "record.resume": { params: {
    /** a call whose recording is paused */
    call_id: string;
  }; data: Record<string, never> };
  /** Ends a recording. Done when the file is complete. */
  "record.stop": { params: {
    /** a call that is recorded */
    call_id: string;
  }; data: Record<string, never> };
  /** Silence is written over a part of a recording, past or to come. Done when the recorder has it; what is past is silent in the file. */
  "record.mask_segment": { params: {
    /** a call that is, or was, recorded */
    call_id: string;
    /** which of its recordings; the last one without */
    recording_id?: string;
    /** seconds of the file */
    start_secs: number;
    /** seconds of the file, behind start_secs */
    end_secs: number;
  }; data: Record<string, never> };
  /** Puts a call into a queue. Done when the queue has done so. */
  "queue.enqueue": { params: {
    /** the call */
    call_id: string;
    /** the queue */
    queue_id: string;
    /** higher comes first */
    priority?: number;
    /** that an agent needs */
    skills?: string[];
    /** 0: as the queue has it */
    max_wait_secs?: number;
  }; data: Record<string, never> };
  /** Takes a call out of its queue. Done when the queue has done so. */
  "queue.dequeue": { params: {
    /** the call */
    call_id: string;
  }; data: Record<string, never> };
  /** A waiting call keeps its place and is not offered. Done when the queue has done so. */
  "queue.hold": { params: {
    /** the call */
    call_id: string;
  }; data: Record<string, never> };
  /** Ends that. Done when the queue has done so. */
  "queue.unhold": { params: {
    /** the call */
    call_id: string;
  }; data: Record<string, never> };
  /** Changes a waiting call's priority. Done when the queue has done so. */
  "queue.set_priority": { params: {
    /** the call */
    call_id: string;
    /** higher comes first */
    priority?: number;
  }; data: Record<string, never> };
  /** Offers a waiting call to one agent. Done when the queue has done so. */
  "queue.assign_agent": { params: {
    /** the call */
    call_id: string;
    /** the agent */
    agent_id: string;
  }; data: Record<string, never> };
  /** Moves a waiting call to another queue. Done when the queue has done so. */
  "queue.requeue": { params: {
    /** the call */
    call_id: string;
    /** the queue */
    queue_id: string;
    /** higher comes first */
    priority?: number;
  }; data: Record<string, never> };
  /** The supervisor hears a call; nobody hears the supervisor. Done when the media plane has connected it. */
  "supervisor.listen": { params: {
    /** the supervisor's own call, answered */
    supervisor_call_id: string;
    /** the call that is supervised */
    target_call_id: string;
  }; data: Record<string, never> };
  /** As listen, and the agent hears the supervisor. Done when the media plane has connected it. */
  "supervisor.whisper": { params: {
    /** the supervisor's own call, answered */
    supervisor_call_id: string;
    /** the call that is supervised */
    target_call_id: string;
    /** who is whispered to: a call bridged with the target, or a leg; without, whoever is not the customer */
    agent_leg?: string;
  }; data: Record<string, never> };
  /** All hear each other. Done when the media plane has connected it. */
  "supervisor.barge": { params: {
    /** the supervisor's own call, answered */
    supervisor_call_id: string;
    /** the call that is supervised */
    target_call_id: string;
    /** who is whispered to: a call bridged with the target, or a leg; without, whoever is not the customer */
    agent_leg?: string;
  }; data: Record<string, never> };
  /** The supervisor takes the agent's place, who is let go. Done when the media plane has joined supervisor and customer. */
  "supervisor.takeover": { params: {
    /** the supervisor's own call, answered */
    supervisor_call_id: string;
    /** the call that is supervised */
    target_call_id: string;
    /** who is whispered to: a call bridged with the target, or a leg; without, whoever is not the customer */
    agent_leg?: string;
  }; data: Record<string, never> };
  /** Ends a supervision; the call goes on. Done when the media plane has parted them. */
  "supervisor.stop": { params: {
    /** the supervisor's own call, answered */
    supervisor_call_id: string;
    /** the call that is supervised */
    target_call_id: string;
  }; data: Record<string, never> };
  /** Changes what a supervision is. Done when the media plane has changed it. */
  "supervisor.switch": { params: {
    /** the supervisor's own call, answered */
    supervisor_call_id: string;
    /** the call that is supervised */
    target_call_id: string;
    /** what it is from now on */
    mode: "listen" | "whisper" | "barge";
    /** who is whispered to: a call bridged with the target, or a leg; without, whoever is not the customer */
    agent_leg?: string;
  }; data: Record<string, never> };
  /** Sends MESSAGE to a call's far end. Done when its final response has come. */
  "sip.message": { params: {
    /** an answered call */
    call_id: string;
    /** of the body */
    content_type?: string;
    /** what it says */
    body?: string;
    /** which of its legs; the call's own far end without */
    leg_id?: string;
  }; data: {
    /** of the final response */
    sip_status: number;
    /** of the final response */
    body: string;
  } };
  /** Sends NOTIFY to a call's far end. Done when its final response has come. */
  "sip.notify": { params: {
    /** an answered call */
    call_id: string;
    /** the event package */
    event?: string;
    /** of the body */
    content_type?: string;
    /** what it says */
    body?: string;
    /** which of its legs; the call's own far end without */
    leg_id?: string;
  }; data: {
    /** of the final response */
    sip_status: number;
    /** of the final response */
    body: string;
  } };
  /** Sends INFO to a call's far end. Done when its final response has come. */
  "sip.info": { params: {
    /** an answered call */
    call_id: string;
    /** of the body */
    content_type?: string;
    /** what it says */
    body?: string;
    /** which of its legs; the call's own far end without */
    leg_id?: string;
  }; data: {
    /** of the final response */
    sip_status: number;
    /** of the final response */
    body: string;
  } };
  /** Asks a call's far end whether it is there. Done when its final response has come. */
  "sip.options_ping": { params: {
    /** an answered call */
    call_id: string;
    /** which of its legs; the call's own far end without */
    leg_id?: string;
  }; data: {
    /** of the final response */
    sip_status: number;
    /** from request to response */
    rtt_ms: number;
  } };
  /** Answers a request that a dialog.message event asked about. Done when the response is sent. */
  "sip.respond": { params: {
    /** of that event */
    request_id: string;
    /** SIP status */
    code: number;
    /** of the body */
    content_type?: string;
    /** what it says */
    body?: string;
  }; data: Record<string, never> };
  /** Makes a room in which calls hear each other. Done when the room is there. */
  "conference.create": { params: {
    /** its name; chosen by the hub without */
    conf_id?: string;
    /** external: each member is connected with a conference server */
    backend?: "internal" | "external";
    /** 0: no bound of its own */
    max_members?: number;
    /** recorded while anybody is in it */
    record?: boolean;
    /** of the conference server */
    mcu_uri?: string;
    /** who may end it with conference.end */
    host_call_id?: string | null;
    /** after that it ends; 0: it does not */
    max_duration_secs?: number;
    /** its members are hung up when it ends */
    hangup_on_destroy?: boolean;
  }; data: {
    /** the room */
    conf_id: string;
  } };
  /** Brings a call into a room. Done when the media plane has seated it. */
  "conference.add": { params: {
    /** the room */
    conf_id: string;
    /** an answered call */
    call_id: string;
  }; data: {
    /** the room */
    conf_id: string;
    /** the member */
    call_id: string;
  } };
  /** Takes a call out of a room; the call stays. Done when the media plane has taken it out. */
  "conference.remove": { params: {
    /** the room */
    conf_id: string;
    /** an answered call */
    call_id: string;
  }; data: {
    /** the room */
    conf_id: string;
    /** the member */
    call_id: string;
  } };
  /** Nobody in the room hears a member. Done when the media plane has muted it. */
  "conference.mute": { params: {
    /** the room */
    conf_id: string;
    /** an answered call */
    call_id: string;
  }; data: {
    /** the room */
    conf_id: string;
    /** the member */
    call_id: string;
  } };
  /** Ends that. Done when the media plane has ended it. */
  "conference.unmute": { params: {
    /** the room */
    conf_id: string;
    /** an answered call */
    call_id: string;
  }; data: {
    /** the room */
    conf_id: string;
    /** the member */
    call_id: string;
  } };
  /** Takes a call out of a room and hangs it up. Done when BYE is sent. */
  "conference.kick": { params: {
    /** the room */
    conf_id: string;
    /** an answered call */
    call_id: string;
  }; data: {
    /** the room */
    conf_id: string;
    /** the member */
    call_id: string;
  } };
  /** Nobody in the room is heard but its host. Done when the media plane has muted them. */
  "conference.mute_all": { params: {
    /** the room */
    conf_id: string;
  }; data: {
    /** the room */
    conf_id: string;
  } };
  /** Ends a room; its members stay, each alone. Done when everybody is out. */
  "conference.destroy": { params: {
    /** the room */
    conf_id: string;
  }; data: {
    /** the room */
    conf_id: string;
  } };
  /** The host ends a room. Done when everybody is out. */
  "conference.end": { params: {
    /** the room */
    conf_id: string;
    /** the host */
    host_call_id: string;
  }; data: {
    /** the room */
    conf_id: string;
  } };
  /** Brings a call and the one that it consults into a room. Done when the media plane has seated both. */
  "conference.merge": { params: {
    /** the room */
    conf_id: string;
    /** a call */
    call_id: string;
    /** another one */
    consultation_call_id: string;
  }; data: Record<string, never> };
  /** One call takes the seat of another one, which is hung up. Done when the media plane has changed them in one tick. */
  "conference.seat_replace": { params: {
    /** the room */
    conf_id: string;
    /** who is in the room */
    old_call_id: string;
    /** who comes in its place */
    new_call_id: string;
  }; data: Record<string, never> };
  /** Who is in a room. Done when at once. */
  "conference.info": { params: {
    /** the room */
    conf_id: string;
  }; data: {
    /** the room */
    conf_id: string;
    /** 0: no bound of its own */
    max_members: number;
    /** it is being recorded */
    recording: boolean;
    /** who is in it */
    members: {
      /** the member */
      call_id?: string;
      /** nobody hears it */
      muted?: boolean;
      /** it may end the room */
      host?: boolean;
      /** RFC 3339 */
      joined_at?: string;
    }[];
  } };
  /** All rooms of the token. Done when at once. */
  "conference.list": { params: Record<string, never>; data: {
    /** the rooms */
    items: {
      /** the room */
      conf_id?: string;
      /** 0: no bound of its own */
      max_members?: number;
      /** it is being recorded */
      recording?: boolean;
      /** who is in it */
      members?: {
        /** the member */
        call_id?: string;
        /** nobody hears it */
        muted?: boolean;
        /** it may end the room */
        host?: boolean;
        /** RFC 3339 */
        joined_at?: string;
      }[];
    }[];
  } };
}

/** Data of each event, by its name. */
export interface Events {
  /** An inbound call waits to be claimed. */
  "call.incoming": {
    /** where it was routed to */
    context: string;
    /** who calls: a number or URI */
    caller: string;
    /** what was called */
    callee: string;
    /** inbound */
    direction: string;
    /** the carrier it came from */
    trunk: string | null;
    /** those that the configuration lets through */
    sip_headers: Record<string, string>;
    /** a name for people */
    caller_name: string | null;
    /** how long it waits */
    claim_timeout_secs: number;
  };
  /** A call of the program's own was begun: its INVITE is on the wire. */
  "call.created": {
    /** default */
    context: string;
    /** what is shown to the destination */
    caller: string;
    /** the destination */
    callee: string;
    /** the carrier it goes through */
    trunk: string | null;
  };
  /** The far end rings (180). */
  "call.ringing": Record<string, never>;
  /** The far end sends audio before it answers. */
  "call.early_media": Record<string, never>;
  /** The call was answered. */
  "call.answered": {
    /** the session that answered an inbound call */
    answered_by: string | null;
  };
  /** Two calls hear each other. */
  "call.bridged": {
    /** one */
    leg_a: string;
    /** the other */
    leg_b: string;
  };
  /** A call is not bridged any more. */
  "call.unbridged": Record<string, never>;
  /** A call's far end has reached where it was sent. */
  "call.transferred": {
    /** where */
    transfer_target: string | null;
  };
  /** REFER was accepted, or the target is being called. */
  "call.transfer.accepted": {
    /** where */
    transfer_target: string | null;
  };
  /** A transfer failed; the call goes on. */
  "call.transfer.failed": {
    /** of the refusal */
    sip_status: number | null;
    /** refer_rejected, timeout, cancelled … */
    reason: string | null;
    /** where */
    transfer_target: string | null;
  };
  /** The call is over. */
  "call.hangup": {
    /** a word */
    reason: string | null;
    /** of a call that was refused */
    sip_status: number | null;
    /** caller, callee, system or transfer */
    hangup_by: string | null;
    /** the cause of Q.850 */
    q850: number | null;
    /** RFC 3339; null: it was not answered */
    answered_at: string | null;
  };
  /** An outbound call rang out; it is over. */
  "call.no_answer": {
    /** of the final response; null: there was none */
    sip_status: number | null;
    /** the cause of Q.850 */
    q850: number | null;
  };
  /** An outbound call met a busy line; it is over. */
  "call.busy": {
    /** of the final response; null: there was none */
    sip_status: number | null;
    /** the cause of Q.850 */
    q850: number | null;
  };
  /** Another session controls, or watches, a call. */
  "call.ownership_changed": {
    /** who does now; null: nobody */
    session_id: string | null;
    /** control, listen, whisper or barge */
    mode: string;
    /** who did before */
    previous_session_id: string | null;
    /** why */
    reason: string | null;
  };
  /** The session that controlled a call is gone. */
  "call.orphaned": {
    /** who did */
    previous_session_id: string;
    /** RFC 3339: what happens then is the configuration's to say */
    deadline: string;
  };
  /** A further leg of a call is being called. */
  "call.leg_added": {
    /** names it */
    leg_id: string;
    /** whom */
    target: string;
  };
  /** A further leg of a call was answered. */
  "call.leg_answered": {
    /** names it */
    leg_id: string;
  };
  /** A further leg of a call is gone, or was not to be had. */
  "call.leg_removed": {
    /** names it */
    leg_id: string;
    /** of the refusal */
    sip_status: number | null;
    /** why */
    reason: string | null;
  };
  /** A key was pressed; told when it is up again. */
  "dtmf": {
    /** 0-9 * # A-D */
    digit: string;
    /** the leg; null: the call's own far end */
    leg_id: string | null;
    /** rfc4733, info or inband */
    method: string;
    /** how long it was down; null: the INFO did not say */
    duration_ms: number | null;
  };
  /** dtmf.collect has its digits. */
  "dtmf.collected": {
    /** the leg; null: the call's own far end */
    leg_id: string | null;
    /** without the terminator */
    digits: string;
    /** of the command's result */
    collector_id: string;
  };
  /** dtmf.collect got too few digits. */
  "dtmf.collection_timeout": {
    /** the leg; null: the call's own far end */
    leg_id: string | null;
    /** what came */
    digits: string;
    /** of the command's result */
    collector_id: string;
  };
  /** A call's far end is on hold. */
  "media.hold.started": {
    /** the leg */
    leg_id: string | null;
  };
  /** It is not any more. */
  "media.hold.stopped": {
    /** the leg */
    leg_id: string | null;
  };
  /** What comes from a ringing call is heard by another one. */
  "media.ringback.passthrough.started": {
    /** who rings */
    source: string;
    /** who hears it */
    target: string;
  };
  /** It is not any more. */
  "media.ringback.passthrough.stopped": {
    /** who rang */
    source: string;
    /** who heard it */
    target: string;
  };
  /** A sound is heard. */
  "media.play.started": {
    /** the leg; null: the call's own far end */
    leg_id: string | null;
    /** of media.play's result */
    track_id: string;
  };
  /** A sound is not heard any more. */
  "media.play.finished": {
    /** the leg; null: the call's own far end */
    leg_id: string | null;
    /** of media.play's result */
    track_id: string;
    /** before its end */
    interrupted: boolean;
  };
  /** A stream of samples is open. */
  "media.stream.started": {
    /** names it */
    stream_id: string;
    /** sendrecv, send or recv */
    direction: string;
  };
  /** It is closed. */
  "media.stream.stopped": {
    /** names it */
    stream_id: string;
    /** why */
    reason: string | null;
  };
  /** A far end was muted. */
  "media.muted": {
    /** the leg; null: the call's own far end */
    leg_id: string | null;
    /** says, hears or both */
    direction: string;
  };
  /** It is not any more. */
  "media.unmuted": {
    /** the leg; null: the call's own far end */
    leg_id: string | null;
    /** says, hears or both */
    direction: string;
  };
  /** A recording runs. */
  "record.started": {
    /** names it */
    recording_id: string;
    /** of the file */
    path: string;
  };
  /** It is paused. */
  "record.paused": {
    /** names it */
    recording_id: string;
  };
  /** It goes on. */
  "record.resumed": {
    /** names it */
    recording_id: string;
  };
  /** A recording is complete. */
  "record.stopped": {
    /** of the file */
    duration_secs: number | null;
    /** of the file */
    filename: string | null;
    /** the call's id */
    unique_id: string | null;
    /** bytes */
    file_size: number | null;
    /** names it */
    recording_id: string;
    /** of the file */
    path: string;
    /** of the file */
    duration_ms: number;
    /** of the file */
    sha256: string;
    /** stopped, length_max … */
    reason: string;
  };
  /** A recording failed. */
  "record.failed": {
    /** names the recording */
    recording_id: string;
    /** why */
    error: string;
  };
  /** A part of a recording is silent. */
  "record.segment_masked": {
    /** names the recording */
    recording_id: string;
    /** from */
    start_secs: number;
    /** to */
    end_secs: number;
  };
  /** The far end sent MESSAGE. */
  "sip.message.received": {
    /** of the body */
    content_type: string;
    /** what it says */
    body: string;
    /** the leg */
    from_leg: string | null;
  };
  /** The far end sent NOTIFY. */
  "sip.notify.received": {
    /** the event package */
    event: string;
    /** of the body */
    content_type: string;
    /** what it says */
    body: string;
    /** the leg */
    from_leg: string | null;
  };
  /** The far end sent INFO. */
  "sip.info.received": {
    /** of the body */
    content_type: string;
    /** what it says */
    body: string;
    /** the leg */
    from_leg: string | null;
  };
  /** The far end sent a request that sip.respond is to answer. */
  "dialog.message": {
    /** for sip.respond */
    request_id: string;
    /** of the request */
    method: string;
    /** the leg; null: the call's own far end */
    leg_id: string | null;
    /** of the body */
    content_type: string;
    /** what it says */
    body: string;
    /** RFC 3339 */
    deadline: string;
  };
  /** A call is being transcribed. */
  "transcript.started": {
    /** who */
    sides: string[];
    /** the engine */
    provider: string | null;
  };
  /** Something was said. */
  "transcript.segment": {
    /** by whom */
    side: string;
    /** what */
    text: string;
    /** it may still change */
    partial: boolean;
    /** since the transcription began */
    start_ms: number;
    /** likewise */
    end_ms: number;
    /** the language */
    lang: string | null;
  };
  /** The engine failed. */
  "transcript.error": {
    /** whose voice */
    side: string | null;
    /** why */
    error: string;
  };
  /** A call is not being transcribed any more. */
  "transcript.ended": {
    /** why */
    reason: string | null;
  };
  /** A supervisor hears a call. */
  "supervisor.listen.started": {
    /** the supervisor's call */
    supervisor_call_id: string;
    /** the call that is supervised */
    target_call_id: string;
  };
  /** A supervisor hears a call, and is heard by the agent. */
  "supervisor.whisper.started": {
    /** the supervisor's call */
    supervisor_call_id: string;
    /** the call that is supervised */
    target_call_id: string;
  };
  /** A supervisor talks with all of a call. */
  "supervisor.barge.started": {
    /** the supervisor's call */
    supervisor_call_id: string;
    /** the call that is supervised */
    target_call_id: string;
  };
  /** A supervision is another one now. */
  "supervisor.mode.changed": {
    /** the supervisor's call */
    supervisor_call_id: string;
    /** the call that is supervised */
    target_call_id: string;
    /** listen, whisper or barge */
    mode: string;
  };
  /** A supervision has ended. */
  "supervisor.mode.stopped": {
    /** the supervisor's call */
    supervisor_call_id: string;
    /** the call that is supervised */
    target_call_id: string;
  };
  /** A supervisor is taking the agent's place. */
  "supervisor.takeover.started": {
    /** the supervisor's call */
    supervisor_call_id: string;
    /** the call that is supervised */
    target_call_id: string;
  };
  /** A supervisor has the agent's place. */
  "supervisor.takeover.completed": {
    /** the supervisor's call */
    supervisor_call_id: string;
    /** the call that is supervised */
    target_call_id: string;
    /** who had it */
    previous_agent_call_id: string | null;
  };
  /** Nothing has changed. */
  "supervisor.takeover.failed": {
    /** the supervisor's call */
    supervisor_call_id: string;
    /** the call that is supervised */
    target_call_id: string;
    /** why */
    reason: string;
  };
  /** A room is there. */
  "conference.created": {
    /** the room */
    conf_id: string;
  };
  /** A call is in a room. */
  "conference.member.joined": {
    /** the room */
    conf_id: string;
    /** the member */
    call_id: string;
  };
  /** A call is out of a room. */
  "conference.member.left": {
    /** the room */
    conf_id: string;
    /** the member */
    call_id: string;
  };
  /** Nobody in the room hears a member. */
  "conference.member.muted": {
    /** the room */
    conf_id: string;
    /** the member */
    call_id: string;
  };
  /** It is heard again. */
  "conference.member.unmuted": {
    /** the room */
    conf_id: string;
    /** the member */
    call_id: string;
  };
  /** A room is gone. */
  "conference.destroyed": {
    /** the room */
    conf_id: string;
  };
  /** A room could not be made. */
  "conference.error": {
    /** the room */
    conf_id: string;
    /** why */
    error: string;
  };
  /** The host has ended a room. */
  "conference.ended_by_host": {
    /** the room */
    conf_id: string;
    /** the host */
    host_call_id: string;
    /** who was in it */
    removed_call_ids: string[];
  };
  /** A room has ended by itself. */
  "conference.auto_ended": {
    /** the room */
    conf_id: string;
    /** why */
    reason: string;
  };
  /** Two calls are being brought into a room. */
  "conference.merge_requested": {
    /** one */
    call_id: string;
    /** the other */
    consultation_call_id: string;
  };
  /** They are in it. */
  "conference.merged": {
    /** the room */
    conf_id: string;
    /** the member */
    call_id: string;
  };
  /** They are not. */
  "conference.merge_failed": {
    /** the room */
    conf_id: string;
    /** the member */
    call_id: string;
    /** why */
    reason: string;
  };
  /** A seat is changing hands. */
  "conference.seat_replace.started": {
    /** the room */
    conf_id: string;
    /** whose seat it was */
    old_call_id: string;
    /** who takes it */
    new_call_id: string;
  };
  /** It has. */
  "conference.seat_replace.succeeded": {
    /** the room */
    conf_id: string;
    /** whose seat it was */
    old_call_id: string;
    /** who takes it */
    new_call_id: string;
  };
  /** It has not. */
  "conference.seat_replace.failed": {
    /** the room */
    conf_id: string;
    /** whose seat it was */
    old_call_id: string;
    /** who takes it */
    new_call_id: string;
    /** why */
    reason: string;
  };
  /** And who had it could not get it back. */
  "conference.seat_replace.rollback_failed": {
    /** the room */
    conf_id: string;
    /** whose seat it was */
    old_call_id: string;
    /** who takes it */
    new_call_id: string;
    /** why */
    reason: string;
  };
}
