"""Rows made by hand, by data set, for templates that rows drawn from a template's shape do not fill: they want values that
match each other (an answer's letter and a list, a variable's name at the end of a question) or one value among few.

All values are invented. Where templates branch on a label there are rows for several of its values."""

OPTIONS = ["a kettle", "a ladder", "a lantern", "a rope"]

CONV_AI = [{"context": "The old mill stands beside the river.",
            "thread": [{"userId": "Alice", "text": "Have you seen the mill?"},
                       {"userId": "Bob", "text": "Only from the bridge."}],
            "evaluation": [{"userId": "Alice", "engagement": alice}, {"userId": "Bob", "engagement": bob}]}
           for alice, bob in ((5, 2), (1, 4), (3, 3))]

CONV_AI_2 = [{"user_profile": [["I bake bread."], ["My dog ", "is small."]],
              "dialog": [{"sender_class": "Human", "text": "My oven is warm all day."},
                         {"sender_class": "Bot", "text": "I fly to the moon."}]}]

DISCOFUSE = [{"discourse_type": kind, "incoherent_first_sentence": "Vera won the race.",
              "incoherent_second_sentence": "Vera was ill.", "coherent_first_sentence": "Vera won the race, although she was ill.",
              "coherent_second_sentence": ""}
             for kind in ("SINGLE_APPOSITION", "PAIR_CONN_ANAPHORA")]

FEVER = [{"claim": "Every harbour has a lighthouse.", "label": label} for label in ("SUPPORTS", "REFUTES", "NOT ENOUGH INFO")]

GREAT_CODE = [{"source_tokens": ["def add_one(", "n", ")", ":", "#NEWLINE#", "#INDENT#", "total", "=", "n", "+",
                                 "1", "#NEWLINE#", "return", "[", "total", "]", "#NEWLINE#", "#UNINDENT#"]}]

HUMANEVAL = [{"prompt": "def double(n):\n", "canonical_solution": "    return 2 * n\n", "entry_point": "double",
              "test": "def check(candidate):\n    assert candidate(3) == 6, \"three\"\n    assert True\n"}]

HUMICROEDIT_1 = [{"original": "Mayor opens new <bridge/> in spring", "edit": "sandwich", "meanGrade": grade}
                 for grade in (0.0, 1.7)]

HUMICROEDIT_2 = [{"original1": "Mayor opens new <bridge/> in spring", "edit1": "sandwich",
                  "original2": "Mayor opens new bridge in <spring/>", "edit2": "pyjamas", "label": label} for label in (0, 1, 2)]

LETTERED = [{"question": "I shine but never burn. What am I?", "answerKey": "C",
             "choices": {"label": ["A", "B", "C", "D"], "text": ["coal", "candle", "moon", "stove"]}}]

MDD = [{"dialogue_turns": {"speaker": [0, 1, 0, 1, 0, 1],
                           "utterance": ["Who made The Blue Gate?", "Ina Holm", "What is it about?", "gardens",
                                         "I liked The Blue Gate", "The Red Gate"]}}]

OPENBOOKQA = [{"question_stem": "What gives light in a cave?", "answerKey": "C",
               "choices": {"text": OPTIONS, "label": ["A", "B", "C", "D"]}}]

PAPERS = [{"abstract": "We count herons.", "article": "One nest.\nTwo nests.\nThree nests.\nFour nests.\nFive nests.\nSix."}]

PIQA = [{"goal": "To keep soup warm,", "sol1": "Put a lid on it.", "sol2": "Put it on a lid.", "label": label} for label in (0, 1)]

RACE = [{"article": "Tom climbs up to the roof.", "question": "What does he need?", "options": OPTIONS, "answer": "B"}]

SELQA = [{"question": "Where do herons nest?", "candidates": ["In tall trees.", " ", "On Monday."], "answers": [0]}]

SUBJQA = [{"domain": domain, "context": "I would buy it again."}
          for domain in ("books", "electronics", "grocery", "movies", "restaurants", "tripadvisor")]

TREC = [{"text": "Who painted the town hall?", "label_coarse": coarse, "label_fine": fine}
        for coarse, fine in ((0, 12), (1, 2), (2, 34), (3, 4), (3, 12), (4, 14), (5, 21))]

TYDIQA = [{"id": "english-0", "title": "Salt", "context": "Salt is mined near the lake.", "question": "Where is salt mined?",
           "answers": {"text": ["near the lake", "the lake"], "answer_start": [14, 19]}}]

WIKI_HOP = [{"question": f"{relation} ina holm", "supports": ["Ina lived at ___MASK1___.", "___MASK2___ is a town."],
             "candidates": ["___MASK1___", "___MASK2___"], "answer": "___MASK2___"}
            for relation in ("place_of_birth", "country_of_citizenship", "place_of_death")]

WINO_BIAS = [{"tokens": ["The", "baker", "thanked", "the", "pilot", "because", "she", "was", "early", "."],
              "coreference_clusters": ["3", "4", "6", "6"]}]

WIQA = [{"question_para_step": ["Rain falls.", "The river rises."],
         "question_stem": "suppose less rain falls, how will it affect the river.",
         "metadata_question_type": kind} for kind in ("EXOGENOUS_EFFECT", "OUTOFPARA_DISTRACTOR", "INPARA_EFFECT")]

ROWS = {
    "acronym_identification": [{"tokens": ["The", "Blue", "Gate", "Club", "(", "BGC", ")", "meets", "."],
                                "labels": [4, 0, 2, 2, 4, 1, 4, 4, 4]}],
    "cbt/raw": [{"title": "Ina_Holm___The_Blue_Gate.txt.out", "content": "The gate was never shut."}],
    "commonsense_qa": LETTERED,
    "conv_ai": CONV_AI,
    "conv_ai_2": CONV_AI_2,
    "discofuse/discofuse-sport": DISCOFUSE,
    "discofuse/discofuse-wikipedia": DISCOFUSE,
    "docred": [{"vertexSet": [[{"name": "Ina Holm"}], [{"name": "Lund"}, {"name": "the town"}]],
                "sents": [["Ina", "Holm", "lives", "in", "Lund", "."], ["She", "likes", "the", "town", "."]],
                "labels": {"head": [0], "tail": [1], "relation_text": ["residence"]}}],
    "e2e_nlg_cleaned": [{"meaning_representation": "name[The Oak], eatType[pub], food[French], priceRange[cheap], "
                                                   "customer rating[3 out of 5], area[riverside], familyFriendly[yes], near[Cafe Sol]",
                         "human_reference": "The Oak is a cheap French pub near Cafe Sol."}],
    "fever/v1.0": FEVER,
    "fever/v2.0": FEVER,
    "great_code": GREAT_CODE,
    "humicroedit/subtask-1": HUMICROEDIT_1,
    "humicroedit/subtask-2": HUMICROEDIT_2,
    "math_dataset/algebra__linear_1d_composed": [{"question": "Let b be 2 + 3. Solve b*x - 10 = 0 for x.", "answer": "2"}],
    "math_dataset/algebra__linear_2d_composed": [{"question": "Let b be 2 + 3. Solve 0 = y - 1, b*x - 10*y = 0 for x.", "answer": "2"}],
    "mdd/task3_qarecs": MDD,
    "ncbi_disease": [{"tokens": ["She", "had", "hay", "fever", "and", "gout", "."], "ner_tags": [0, 0, 1, 2, 0, 1, 0]}],
    "nlu_evaluation_data": [{"text": "wake me at seven", "scenario": "alarm"}, {"text": "will it snow", "scenario": "weather"}],
    "openai_humaneval": HUMANEVAL,
    "openbookqa/additional": OPENBOOKQA,
    "openbookqa/main": OPENBOOKQA,
    "piqa": PIQA,
    "race/all": RACE,
    "race/high": RACE,
    "race/middle": RACE,
    "riddle_sense": LETTERED,
    "scientific_papers/arxiv": PAPERS,
    "scientific_papers/pubmed": PAPERS,
    "selqa/answer_selection_analysis": SELQA,
    "social_i_qa": [{"context": "Max lent Ina a book.", "question": "How does Ina feel?", "answerA": "thankful", "answerB": "hungry",
                     "answerC": "lost", "label": label} for label in ("1", "2", "3")],
    **{f"subjqa/{row['domain']}": SUBJQA for row in SUBJQA},
    "trec": TREC,
    "tydiqa/secondary_task": TYDIQA,
    "wiki_hop/masked": WIKI_HOP,
    **{f"wino_bias/{kind}": WINO_BIAS for kind in ("type1_anti", "type1_pro", "type2_anti", "type2_pro")},
    "wiqa": WIQA,
}
