// Controls calls of a hub over RWI: commands with one answer each, events in order, and a connection that comes back by
// itself, with what was missed and with the calls that were controlled.
import type { Commands, Events } from "./types";

export type { Commands, Events } from "./types";

/** What every WebSocket of browsers and of the package `ws` has. */
export interface Socket {
  send(text: string): void;
  close(): void;
  onopen: ((event: any) => void) | null;
  onmessage: ((event: { data: any }) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
}
export type SocketClass = new (url: string, protocols?: string | string[]) => Socket;

export interface Options {
  /** ws:// or wss:// of the hub, without a path. */
  url: string;
  token: string;
  /** The WebSocket class; the environment's own without. */
  socket?: SocketClass;
  /** Between two attempts to connect, growing from the first to the second, milliseconds. */
  retry?: { least: number; most: number };
}

export interface HubEvent<Name extends keyof Events = keyof Events> {
  event: Name;
  call_id?: string;
  seq: number;
  ts: string;
  data: Events[Name] & { id?: string };
}

/** A command that the hub has not done; `code` is stable. */
export class CommandFailed extends Error {
  constructor(readonly code: string, message: string, readonly action: string) {
    super(message);
  }
}

interface Waiting {
  text: string;
  action: string;
  done: (data: any) => void;
  failed: (error: Error) => void;
}

type Listener = (event: any) => void;

declare const setTimeout: (work: () => void, ms: number) => unknown;

export class Client {
  private socket: Socket | null = null;
  private readonly waiting = new Map<string, Waiting>();
  private readonly listeners = new Map<string, Set<Listener>>();
  private readonly prefix = Math.random().toString(36).slice(2) + Date.now().toString(36);
  private number = 0;
  private lastSeq: number | null = null;
  private secret = "";
  private subscription: Commands["session.subscribe"]["params"] | null = null;
  private pause: number;
  private closed = false;
  /** Resolves with the first connection. */
  readonly ready: Promise<void>;
  private readyNow: () => void = () => undefined;

  constructor(private readonly options: Options) {
    this.pause = options.retry?.least ?? 200;
    this.ready = new Promise((resolve) => (this.readyNow = resolve));
    this.connect();
  }

  /** Gives a command; its data once its effect is real. What is lost with a connection is given again, and done once. */
  command<Name extends keyof Commands>(action: Name, params: Commands[Name]["params"]): Promise<Commands[Name]["data"]> {
    if (this.closed) return Promise.reject(new CommandFailed("closed", "the client is closed", action));
    const action_id = `${this.prefix}-${++this.number}`;
    if (action === "session.subscribe") this.subscription = params as Commands["session.subscribe"]["params"];
    const text = JSON.stringify({ action_id, action, params });
    return new Promise((done, failed) => {
      this.waiting.set(action_id, { text, action, done, failed });
      if (this.socket !== null) this.socket.send(text);
    });
  }

  /** Calls `listener` for each event of that name, "*" for all; what it returns ends that. */
  on<Name extends keyof Events>(name: Name, listener: (event: HubEvent<Name>) => void): () => void;
  on(name: "*", listener: (event: HubEvent) => void): () => void;
  on(name: string, listener: Listener): () => void {
    const all = this.listeners.get(name) ?? new Set<Listener>();
    this.listeners.set(name, all.add(listener));
    return () => all.delete(listener);
  }

  /** The next event of that name (and call). */
  next<Name extends keyof Events>(name: Name, call_id?: string): Promise<HubEvent<Name>> {
    return new Promise((resolve) => {
      const stop = this.on(name, (event) => {
        if (call_id !== undefined && event.call_id !== call_id) return;
        stop();
        resolve(event);
      });
    });
  }

  close(): void {
    this.closed = true;
    this.socket?.close();
    for (const each of this.waiting.values()) each.failed(new CommandFailed("closed", "the client is closed", each.action));
    this.waiting.clear();
  }

  private connect(): void {
    const kind = this.options.socket ?? ((globalThis as any).WebSocket as SocketClass);
    const socket = new kind(`${this.options.url}/rwi/v1?token=${encodeURIComponent(this.options.token)}`, "rwi-v1");
    socket.onmessage = (event) => this.receive(socket, JSON.parse(String(event.data)));
    socket.onerror = () => undefined;
    socket.onclose = () => {
      this.socket = null;
      if (this.closed) return;
      setTimeout(() => this.connect(), this.pause);
      this.pause = Math.min(this.pause * 2, this.options.retry?.most ?? 5000);
    };
  }

  private receive(socket: Socket, message: any): void {
    if (message.action_id !== undefined) return this.finish(message);
    if (message.event === "session.started") return this.start(socket, message);
    if (this.lastSeq !== null && message.seq <= this.lastSeq) return; // replayed, and seen before
    this.lastSeq = message.seq;
    this.tell(message);
  }

  private tell(event: any): void {
    for (const name of [event.event, "*"]) for (const listener of [...(this.listeners.get(name) ?? [])]) listener(event);
  }

  private finish(result: any): void {
    const waiting = this.waiting.get(result.action_id);
    if (waiting === undefined) return;
    this.waiting.delete(result.action_id);
    if (result.status === "success") waiting.done(result.data);
    else waiting.failed(new CommandFailed(result.code, result.error, result.action));
  }

  /** A new session: what was missed, the calls of the one before, what was followed, and what was not answered. */
  private start(socket: Socket, started: any): void {
    this.pause = this.options.retry?.least ?? 200;
    const secret = this.secret;
    this.secret = started.data.resume_secret;
    const pending = [...this.waiting.values()].map((each) => each.text);
    this.socket = socket;
    if (this.lastSeq !== null) {
      void this.command("session.resume", { last_sequence: this.lastSeq, resume_secret: secret }).then((replay) => {
        for (const each of replay.events as any[]) this.receive(socket, each.event);
      });
      if (this.subscription !== null) void this.command("session.subscribe", this.subscription);
    } else {
      this.lastSeq = started.seq;
    }
    for (const text of pending) socket.send(text);
    this.readyNow();
  }
}
