/// How the page looks: on a screen, bright or dark, and on paper.
enum Style {
    static let css = """
        :root {
          --page: #ffffff; --ink: #1c2430; --soft: #5b6675; --rule: #dfe4ea; --panel: #f5f7f9;
          --ok: #3b8f6b; --failed: #d9822b; --unknown: #8d5bd1; --shed: #9aa5b1;
          --p50: #1f5fa8; --p99: #6c8fb8; --band: #1f5fa822; --fault: #c0392b; --step: #5b6675;
          --n1: #2f6fb3; --n2: #b3662f; --n3: #3f8f5f; --n4: #8a4fa8; --n5: #a83f5f;
          --n6: #5f7a1f; --n7: #1f7a7a; --n8: #7a5f1f; --n9: #4f4fa8; --bad: #c0392b;
        }
        @media (prefers-color-scheme: dark) { :root {
          --page: #14181d; --ink: #e3e8ee; --soft: #98a4b3; --rule: #2c343d; --panel: #1b2128;
          --ok: #4fae85; --failed: #e39a4d; --unknown: #a982e6; --shed: #6b7683;
          --p50: #7ab4f0; --p99: #55779e; --band: #7ab4f033; --fault: #ef7a6d; --step: #98a4b3;
          --n1: #4a8ed6; --n2: #cf8247; --n3: #57ab79; --n4: #a76cc7; --n5: #c95f80;
          --n6: #86a53a; --n7: #3fa3a3; --n8: #a3823f; --n9: #7777d1; --bad: #ef7a6d;
        } }
        @media print { :root {
          --page: #ffffff; --ink: #000000; --soft: #444444; --rule: #cccccc; --panel: #f4f4f4;
          --ok: #3b8f6b; --failed: #d9822b; --unknown: #8d5bd1; --shed: #9aa5b1;
          --p50: #1f5fa8; --p99: #6c8fb8; --band: #1f5fa822; --fault: #c0392b; --step: #5b6675;
          --n1: #2f6fb3; --n2: #b3662f; --n3: #3f8f5f; --n4: #8a4fa8; --n5: #a83f5f;
          --n6: #5f7a1f; --n7: #1f7a7a; --n8: #7a5f1f; --n9: #4f4fa8; --bad: #c0392b;
        } section { break-inside: avoid; } body { max-width: none; }
          * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 1040px; padding: 32px 24px 64px; color: var(--ink);
          background: var(--page); font: 15px/1.5 system-ui, sans-serif; }
        h1 { font-size: 28px; line-height: 1.2; margin: 0 0 6px; }
        h2 { font-size: 20px; margin: 44px 0 8px; }
        h3 { font-size: 16px; margin: 32px 0 2px; }
        p { margin: 6px 0; max-width: 104ch; }
        .step { white-space: nowrap; }
        .soft { color: var(--soft); }
        .bad { color: var(--bad); font-weight: 600; }
        .facts { display: grid; gap: 12px; margin: 22px 0;
          grid-template-columns: repeat(auto-fit, minmax(210px, 1fr)); }
        .fact { background: var(--panel); border-radius: 8px; padding: 12px 14px; }
        .fact b { display: block; font-size: 21px; line-height: 1.3; }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; font-size: 13.5px; margin: 10px 0;
          font-variant-numeric: tabular-nums; }
        th, td { padding: 5px 10px 5px 0; text-align: right; border-bottom: 1px solid var(--rule);
          vertical-align: top; }
        th { color: var(--soft); font-weight: 600; vertical-align: bottom; }
        th:first-child, td:first-child, td.text, th.text { text-align: left; }
        td small { display: block; color: var(--soft); white-space: nowrap; }
        code { font: 13px/1.45 ui-monospace, monospace; background: var(--panel);
          border-radius: 4px; padding: 1px 4px; overflow-wrap: anywhere; }
        svg { display: block; width: 100%; height: auto; margin: 6px 0; }
        svg text { font: 12px system-ui, sans-serif; fill: var(--ink); }
        svg .tick { fill: var(--soft); font-size: 11px; }
        svg .strong { font-weight: 600; }
        svg .onnode { fill: #ffffff; font-size: 10.5px; }
        svg .onbadge { fill: var(--page); font-size: 11px; font-weight: 700; }
        svg .badge { fill: var(--ink); }
        svg .grid { stroke: var(--rule); stroke-width: 1; }
        svg .axis { stroke: var(--soft); stroke-width: 1; }
        svg .line { fill: none; stroke-width: 1.6; }
        svg .line.p50 { stroke: var(--p50); } svg .line.p99 { stroke: var(--p99); }
        svg .dot.p50, svg text.p50 { fill: var(--p50); }
        svg .dot.p99, svg text.p99 { fill: var(--p99); }
        svg .knee { stroke: var(--fault); stroke-width: 1; stroke-dasharray: 4 4; }
        svg .ring { fill: none; stroke: var(--fault); stroke-width: 2; }
        svg .area.ok { fill: var(--ok); } svg .area.failed { fill: var(--failed); }
        svg .area.unknown { fill: var(--unknown); } svg .area.shed { fill: var(--shed); }
        svg .area.latency { fill: var(--band); }
        svg .marker.fault { stroke: var(--fault); stroke-width: 1.4; }
        svg .marker.step { stroke: var(--step); stroke-width: 1; stroke-dasharray: 3 3; }
        svg .empty { fill: var(--panel); } svg .lag { fill: var(--fault); }
        \(nodes)
        .key { display: inline-block; width: 11px; height: 11px; border-radius: 2px;
          margin: 0 5px 0 0; }
        .entry { white-space: nowrap; margin-right: 12px; }
        .key.ok { background: var(--ok); } .key.failed { background: var(--failed); }
        .key.unknown { background: var(--unknown); } .key.shed { background: var(--shed); }
        .key.p50 { background: var(--p50); } .key.p99 { background: var(--p99); }
        .key.lag { background: var(--fault); }
        """

    private static let nodes = (1...9).map { "svg .node.n\($0) { fill: var(--n\($0)); }" }
        .joined(separator: " ")
}
